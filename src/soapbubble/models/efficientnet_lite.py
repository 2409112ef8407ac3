"""EfficientNet-Lite0 (Tan and Le 2019, in the form for mobile processors): ReLU6, no squeeze-and-excitation.

Its modules are named as in the family of packages `efficientnet_pytorch`, so that weights made for those fit.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from soapbubble.models.initialise import seeded

CLASSES = 1000
STEM, HEAD = 32, 1280
# (blocks, kernel, stride of the first block, expansion, channels): the seven groups of the network.
GROUPS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def same(x: torch.Tensor, convolution: nn.Conv2d) -> torch.Tensor:
    """Images padded so that the convolution gives their side over its stride; the odd row of padding comes last."""
    below, right = (_padding(x.shape[axis], convolution.kernel_size[0], convolution.stride[0]) for axis in (-2, -1))
    return functional.pad(x, (right // 2, right - right // 2, below // 2, below - below // 2))


def _padding(side: int, kernel: int, stride: int) -> int:
    return (-(-side // stride) - 1) * stride + kernel - side


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class InvertedResidual(nn.Module):
    """Expand with 1x1, convolve each channel by itself, project with 1x1; plus the input where shapes allow."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        self.expands = expansion != 1
        if self.expands:
            self._expand_conv = nn.Conv2d(before, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = nn.Conv2d(wide, wide, kernel, stride=stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = nn.Conv2d(wide, after, 1, bias=False)
        self._bn2 = _norm(after)
        self.adds = stride == 1 and before == after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        hidden = functional.relu6(self._bn1(self._depthwise_conv(same(hidden, self._depthwise_conv))))
        hidden = self._bn2(self._project_conv(hidden))
        return hidden + x if self.adds else hidden


class EfficientNetLite0(nn.Module):
    """Log-odds (n, 1000) of the classes of ImageNet for images (n, 3, h, w) in [0, 1], of any size.

    `stages` names the modules at whose outputs the side has been halved once, twice, and so on, and is about to be
    halved again: they stand for the stages of a ResNet.
    """

    stages = {  # noqa: RUF012 (read only)
        "Conv1": "relu",
        "Conv2": "_blocks.2",
        "Conv3": "_blocks.4",
        "Conv4": "_blocks.10",
        "Conv5": "_blocks.15",
    }

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, STEM, 3, stride=2, bias=False)
        self._bn0 = _norm(STEM)
        self.relu = nn.ReLU6()
        blocks, before = [], STEM
        for count, kernel, stride, expansion, after in GROUPS:
            for number in range(count):
                blocks.append(InvertedResidual(before, after, kernel, 1 if number else stride, expansion))
                before = after
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(before, HEAD, 1, bias=False)
        self._bn1 = _norm(HEAD)
        self._fc = nn.Linear(HEAD, CLASSES)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        pixels = (255 * images - 127) / 128  # what it was trained with
        hidden = self.relu(self._bn0(self._conv_stem(same(pixels, self._conv_stem))))
        for block in self._blocks:
            hidden = block(hidden)
        return self._fc(functional.relu6(self._bn1(self._conv_head(hidden))).mean(dim=(2, 3)))


def efficientnet_lite0(seed: int) -> EfficientNetLite0:
    """An untrained network in evaluation mode, its weights drawn on the CPU from `seed`; not to be trained."""
    with seeded(seed):
        return EfficientNetLite0().eval().requires_grad_(False)
