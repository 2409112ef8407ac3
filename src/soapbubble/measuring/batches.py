"""Many rows through a network, a batch at a time, so that what lies between its layers takes little memory."""

from __future__ import annotations

from collections.abc import Callable

import torch


@torch.inference_mode()
def batched(function: Callable[[torch.Tensor], torch.Tensor], rows: torch.Tensor, batch_size: int) -> torch.Tensor:
    """`function` of the rows (n, ...), which must treat each row by itself, as one tensor (n, ...)."""
    return torch.cat([function(batch) for batch in rows.split(batch_size)])
