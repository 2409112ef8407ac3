"""Run the command line as ``python -m soapbubble``: the way of the workflow's hundred short jobs."""

import gc
import os
import sys

# To look for garbage among the many objects that are made by importing torch and SciPy takes a tenth of the import.
gc.set_threshold(1_000_000)

from soapbubble.cli import main  # noqa: E402

status = main()
sys.stdout.flush()
sys.stderr.flush()
# Every file is closed and in its place; to take the interpreter down with all of torch takes a third of a second.
os._exit(status)
