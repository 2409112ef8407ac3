"""A small network that loses nothing: every layer of it can be undone exactly."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from soapbubble.errors import SoapbubbleError


class Coupling(nn.Module):
    """Add to one half of the channels a function of the other half, and swap the halves (Dinh et al. 2015)."""

    def __init__(self, channels: int, hidden: int, gain: float) -> None:
        super().__init__()
        first = nn.Conv2d(channels // 2, hidden, 3, padding=1)
        second = nn.Conv2d(hidden, channels // 2, 3, padding=1)
        with torch.no_grad():
            for layer in (first, second):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                layer.bias.zero_()  # type: ignore[union-attr]
            second.weight.mul_(gain)
        self.function = nn.Sequential(first, nn.ReLU(), second)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept, changed = x.chunk(2, dim=1)
        return torch.cat([changed + self.function(kept), kept], dim=1)

    def inverse(self, y: torch.Tensor) -> torch.Tensor:
        """What `forward` made `y` of."""
        changed, kept = y.chunk(2, dim=1)
        return torch.cat([kept, changed - self.function(kept)], dim=1)


class Squeeze(nn.Module):
    """Each square of 2 x 2 pixels becomes one pixel with four times the channels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.pixel_unshuffle(x, 2)

    def inverse(self, y: torch.Tensor) -> torch.Tensor:
        """What `forward` made `y` of."""
        return functional.pixel_shuffle(y, 2)


class InvertibleNetwork(nn.Sequential):
    """Stages that squeeze the image and then couple its channels, as in i-RevNet (Jacobsen et al. 2018).

    Every layer has as many numbers as the image (n, 3, side, side), whose side is a multiple of 2 to the power of
    `stages`. `gain` scales what a coupling adds: the larger, the worse the conditioning.
    """

    def __init__(self, stages: int = 4, couplings: int = 2, hidden: int = 32, gain: float = 0.3) -> None:
        layers: list[nn.Module] = []
        for stage in range(stages):
            layers.append(Squeeze())
            layers += [Coupling(3 * 4 ** (stage + 1), hidden, gain) for _ in range(couplings)]
        super().__init__(*layers)

    def inverse(self, output: torch.Tensor, name: str | None = None) -> torch.Tensor:
        """The image that has this output at the layer `name` (default: the last), exactly.

        Raises:
            SoapbubbleError: there is no such layer.
        """
        names = [child for child, _ in self.named_children()]
        name = names[-1] if name is None else name
        if name not in names:
            raise SoapbubbleError(f"the invertible network has no layer {name!r}; it has {', '.join(names)}.")
        for layer in reversed(list(self.children())[: names.index(name) + 1]):
            output = layer.inverse(output)  # type: ignore[operator]
        return output
