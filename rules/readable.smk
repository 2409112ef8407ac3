# Configuration files are read here first: Snakemake names neither the file nor the line of a mistake, and takes in silence
# the last of a key that is written twice.

from pathlib import Path

from snakemake.exceptions import WorkflowError

from soapbubble.config.yaml_file import read_yaml
from soapbubble.errors import SoapbubbleError

try:
    for FILE in ("config.yaml", *workflow.configfiles):
        read_yaml(Path(FILE))
except SoapbubbleError as error:
    raise WorkflowError(str(error)) from None
