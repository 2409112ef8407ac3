"""Run the command line as ``python -m soapbubble``."""

import os
import sys

from soapbubble.cli import main

status = main()
sys.stdout.flush()
sys.stderr.flush()
# Every file is closed and in its place by now. To take the interpreter down with all of torch takes a quarter of what
# starting it takes, and a run has a hundred jobs.
os._exit(status)
