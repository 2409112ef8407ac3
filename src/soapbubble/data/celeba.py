"""CelebA's aligned photographs of faces, downloaded once."""

from __future__ import annotations

from dataclasses import replace

from soapbubble.config.data import Faces
from soapbubble.data import local
from soapbubble.data.dataset import Made
from soapbubble.data.download import Remote, download
from soapbubble.models.vision import celeba_photographs


def build(block: Faces) -> Made:
    """CelebA's 202,599 photographs, 178x218, or the square of `block.size` in their middle; no extras.

    The last tenth is for testing and shows people that the others do not.

    Raises:
        SoapbubbleError: the file cannot be downloaded; the sentence says where to put a copy got by hand.
    """
    name, addresses, digest = celeba_photographs()
    file = download(Remote(f"celeba/{name}", addresses, digest))
    made = local.build(block.model_copy(update={"path": str(file)}))
    return replace(
        made,
        source="CelebA, aligned photographs, as torchvision finds them",
        licence="research only, not to be passed on (Z. Liu, P. Luo, X. Wang and X. Tang, 2015)",
        tier="source",
    )
