# Configuration files are read here before Snakemake reads them; the library is this folder's own.

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "src"))

from soapbubble.workflow import refuse_unreadable

refuse_unreadable(workflow)
