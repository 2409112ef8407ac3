"""The images whose layers are inverted."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from soapbubble.data.dataset import Dataset
from soapbubble.errors import SoapbubbleError


def photographs(data: Dataset, side: int, count: int, draw: int = 0) -> torch.Tensor:
    """`count` images of a dataset as (count, 3, side, side), values from 0 to 1, for the draw of that number.

    The first draws have images of their own, as many photographs as there are going before second images of one;
    when all have been used it begins again.

    Raises:
        SoapbubbleError: the dataset has fewer images than one draw needs.
    """
    total = len(data.images)
    if count > total:
        raise SoapbubbleError(
            f"data.{data.name}: {count} images are asked for, but there are {total}; set `images` lower."
        )
    chosen = _spread(data)[(draw * count + np.arange(count)) % total]
    images = torch.from_numpy(data.images[chosen].astype(np.float32) / 255).permute(0, 3, 1, 2)
    if images.shape[-1] != side:
        images = functional.interpolate(images, size=side, mode="area")
    return images.contiguous()


def _spread(data: Dataset) -> np.ndarray:
    """The order in which images are used: the first of every photograph, then the second, and so on."""
    owner = data.extras.get("photograph", np.arange(len(data.images)))
    turn = np.array([np.count_nonzero(owner[:place] == owner[place]) for place in range(len(owner))])
    return np.lexsort((owner, turn))
