# Configuration files are read here first: Snakemake names neither the file nor the line of a mistake, takes in silence
# the last of a key that is written twice, and forgets the first of two --configfile. The library is this folder's own.

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "src"))

from soapbubble.config.yaml_file import read_yaml
from soapbubble.errors import SoapbubbleError
from soapbubble.provenance.code import refuse_another_checkout

try:
    if "{" in workflow.basedir:
        raise SoapbubbleError(
            f"{workflow.basedir}: has a brace in its path, which Snakemake takes for a wildcard; move or rename the folder."
        )
    refuse_another_checkout(Path(workflow.basedir))
    if sum(word.split("=")[0] in ("--configfile", "--configfiles") for word in sys.argv) > 1:
        raise SoapbubbleError(
            "--configfile was given twice, and the first would be forgotten; give all files after one."
        )
    for FILE in ("config.yaml", *workflow.configfiles):
        read_yaml(Path(FILE))
except SoapbubbleError as error:
    raise WorkflowError(str(error)) from None
