"""A crowd of faces drawn by the project itself, with the factors that each picture was drawn from."""

from __future__ import annotations

from soapbubble.config.data import Faces
from soapbubble.data.dataset import Made
from soapbubble.data.face_factors import NAMES, sample
from soapbubble.data.face_renderer import CHUNK, chunks_of
from soapbubble.progress import progress


def build(block: Faces) -> Made:
    """Faces in colour; any two share no more than the crowd, so the last ones serve for testing.

    Extras: `factors` (n, k) float32, the true values in the order of `face_factors.NAMES`.
    """
    assert block.count is not None  # the configuration asks for both
    assert block.size is not None
    factors = sample(block.count, block.seed)
    test = min(max(round(block.count * block.test_share), 1), block.count - 1)
    return Made(
        shape=(block.count, block.size, block.size, 3),
        chunks=progress(chunks_of(factors, block.size), "drawing faces", total=-(-block.count // CHUNK)),
        train=block.count - test,
        source="drawn by soapbubble.data.face_renderer",
        licence="MIT (this project)",
        extras={"factors": factors},
        factor_names=NAMES,
    )
