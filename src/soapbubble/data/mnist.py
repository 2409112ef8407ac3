"""MNIST's handwritten digits, downloaded once."""

from __future__ import annotations

from dataclasses import replace

from soapbubble.config.data import Digits
from soapbubble.data import local
from soapbubble.data.dataset import Made
from soapbubble.data.download import Remote, download
from soapbubble.models.vision import mnist_files


def build(block: Digits) -> Made:
    """MNIST's 60,000 images for training and 10,000 for testing, 28x28 unless `block.size` says otherwise.

    Extras: `labels` (n,) int64.

    Raises:
        SoapbubbleError: a file cannot be downloaded.
    """
    files = [download(Remote(f"mnist/{name}", addresses, digest)) for name, addresses, digest in mnist_files()]
    made = local.build(block.model_copy(update={"path": str(files[0].parent)}))
    return replace(made, source="MNIST, as torchvision finds it", licence="CC BY-SA 3.0 (Y. LeCun and C. Cortes)")
