"""Small networks that name images: a ResNet-18 of any width (He et al. 2016), a vision transformer (Dosovitskiy et al.
2021) and an MLP-mixer (Tolstikhin et al. 2021).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn
from torch.nn import functional

from soapbubble.models.initialise import seeded
from soapbubble.models.layers import channels_last

Architecture = Literal["resnet18", "vit", "mixer"]
BLOCKS = 4  # of a patch-based network, so that its stages are as many as those of the ResNet
HEADS = 4


class BasicBlock(nn.Module):
    """Two convolutions 3x3 with batch normalisation, plus the input, which a 1x1 convolution fits where it has to."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut = nn.Sequential()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(hidden)) + self.shortcut(x))


class ResNet18(nn.Module):
    """A ResNet-18 whose first stage has `width` channels instead of 64; for images (n, 3, h, w) in [0, 1].

    As in the original the side is quartered before the first block, so that Conv5 has a thirty-second of it.
    `stages` names the modules at whose outputs the stages end.
    """

    stages = {  # noqa: RUF012 (read only)
        "Conv1": "maxpool",
        **{f"Conv{number + 2}": f"layers.{number}" for number in range(4)},
    }

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = (width, width, 2 * width, 4 * width, 8 * width)
        self.layers = nn.ModuleList(
            nn.Sequential(
                BasicBlock(widths[number], widths[number + 1], 2 if number else 1),
                BasicBlock(widths[number + 1], widths[number + 1], 1),
            )
            for number in range(4)
        )
        self.fc = nn.Linear(widths[-1], classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        hidden = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for layer in self.layers:
            hidden = layer(hidden)
        return self.fc(hidden.mean(dim=(2, 3)))


class Patches(nn.Module):
    """Cuts images (n, 3, side, side) into patches and maps each linearly to a token: (n, tokens, width)."""

    def __init__(self, side: int, patch: int, width: int, placed: bool) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, width, patch, stride=patch)
        self.place = nn.Parameter(0.02 * torch.randn((side // patch) ** 2, width)) if placed else None

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        tokens = self.convolution(2 * images - 1).flatten(2).transpose(1, 2)
        return tokens if self.place is None else tokens + self.place


class AttentionBlock(nn.Module):
    """A transformer block: attention and a perceptron, each after a normalisation and added to its input."""

    def __init__(self, width: int, expansion: int = 2) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = perceptron(width, expansion * width)

    def attend(self, x: torch.Tensor) -> torch.Tensor:
        """What attention adds to the tokens (n, tokens, width)."""
        query, key, value = self.qkv(self.norm1(x)).unflatten(-1, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        # Written out, because PyTorch's own has no forward derivative on a CPU.
        mixed = (query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5).softmax(dim=-1) @ value
        return self.out(mixed.transpose(1, 2).flatten(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attend(x)
        return x + self.mlp(self.norm2(x))


class MixerBlock(nn.Module):
    """Two perceptrons, one across tokens and one across channels, each after a normalisation and added to its input."""

    def __init__(self, tokens: int, width: int, expansion: int = 2) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens, self.mlp = perceptron(tokens, expansion * tokens), perceptron(width, expansion * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.mlp(self.norm2(x))


def perceptron(width: int, hidden: int) -> nn.Sequential:
    """One hidden layer with GELU, from `width` numbers to as many."""
    return nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


class PatchNetwork(nn.Module):
    """A vision transformer or a mixer for images (n, 3, side, side) in [0, 1], with the mean of its tokens read out.

    `stages` names the modules at whose outputs the stages end: the patches, and each block.
    """

    stages = {  # noqa: RUF012 (read only)
        "patches": "patches",
        **{f"block{number + 1}": f"blocks.{number}" for number in range(BLOCKS)},
    }

    def __init__(self, kind: Literal["vit", "mixer"], side: int, patch: int, width: int, classes: int) -> None:
        super().__init__()
        tokens = (side // patch) ** 2
        self.patches = Patches(side, patch, width, placed=kind == "vit")
        self.blocks = nn.ModuleList(
            AttentionBlock(width) if kind == "vit" else MixerBlock(tokens, width) for _ in range(BLOCKS)
        )
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(images)
        for block in self.blocks:
            tokens = block(tokens)
        return self.fc(self.norm(tokens).mean(dim=1))


def build_network(
    architecture: Architecture, side: int, patch: int, width: int, classes: int, seed: int
) -> ResNet18 | PatchNetwork:
    """An untrained network in training mode, its weights drawn on the CPU from `seed`.

    `side` and `patch` (pixels a side of an image, and of a patch) concern the patch-based networks only.
    """
    with seeded(seed):
        if architecture == "resnet18":
            return channels_last(ResNet18(width, classes))
        return PatchNetwork(architecture, side, patch, width, classes)
