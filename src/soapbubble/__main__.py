"""Run the command line as ``python -m soapbubble``."""

import sys

from soapbubble.cli import main

sys.exit(main())
