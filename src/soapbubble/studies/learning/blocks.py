"""Blocks of transformers and mixers as maps from tokens to tokens: what they lose, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
import torch
from scipy.optimize import linprog
from torch.nn import functional

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.jacobian import Jacobian
from soapbubble.models.initialise import seeded
from soapbubble.models.small_vision import HEADS, AttentionBlock, MixerBlock, PatchNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.jacobian_rank import rank


class Blocks(Part):
    """Ranks and signs of the Jacobians of parts of blocks, at random tokens."""

    seed: int = setting(93, ge=0, doc="seed of the weights and of the tokens")
    blocks: int = setting(20, smoke=3, ge=3, unit="blocks", doc="blocks with random weights")
    tokens: int = setting(8, smoke=5, ge=2, doc="tokens of a block with random weights")
    width: int = setting(16, ge=8, doc="numbers of a token of such a block")
    points: int = setting(12, smoke=3, ge=2, unit="points", doc="random inputs at which the sign is taken")
    trained_tokens: int = setting(
        6, smoke=2, ge=2, doc="tokens that a block of the trained vision transformer is given"
    )

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=["vit-natural"])


Map = Callable[[torch.Tensor], torch.Tensor]


def measure(cfg: Blocks, lab: Lab) -> Outcome:
    """Ranks as shares of full rank; whether the determinant has both signs; what attention mixes tokens with."""
    out = Outcome()
    for number in progress(range(cfg.blocks), "blocks with random weights"):
        for kind, parts in _random(cfg, cfg.seed + number).items():
            generator = torch.Generator().manual_seed(cfg.seed + number)
            points = torch.randn(cfg.points, 1, cfg.tokens, cfg.width, generator=generator, dtype=torch.float64)
            _add(out, {"block": kind, "weights": "random"}, number, parts, points)
    model = lab.networks["vit-natural"]
    for seed in model.replicates:
        images = model.images(lab.data["photos"], seed).test[: cfg.points].double()
        network = model.network(seed).double()
        assert isinstance(network, PatchNetwork)
        points = network.patches(images)[:, None, : cfg.trained_tokens]
        _add(
            out,
            {"block": "attention", "weights": "trained"},
            seed,
            attention_parts(cast(AttentionBlock, network.blocks[0])),
            points,
        )
    _convexity(out, cfg)
    _one_token(out, cfg)
    return out


def attention_parts(block: AttentionBlock) -> dict[str, Map]:
    """The parts of an attention block, with and without the input added, and the whole."""
    return {
        "mixing alone": block.attend,
        "mixing": lambda x: x + block.attend(x),
        "perceptron alone": lambda x: block.mlp(block.norm2(x)),
        "perceptron": lambda x: x + block.mlp(block.norm2(x)),
        "whole": block,
    }


def _mixer_parts(block: MixerBlock) -> dict[str, Map]:
    def mix(x: torch.Tensor) -> torch.Tensor:
        return block.tokens(block.norm1(x).transpose(1, 2)).transpose(1, 2)

    return {"mixing alone": mix, "mixing": lambda x: x + mix(x), "whole": block}


def _random(cfg: Blocks, seed: int) -> dict[str, dict[str, Map]]:
    with seeded(seed):
        attention, mixer = AttentionBlock(cfg.width).double(), MixerBlock(cfg.tokens, cfg.width).double()
    for block in (attention, mixer):
        block.eval().requires_grad_(False)
    return {"attention": attention_parts(attention), "mixer": _mixer_parts(mixer)}


def _add(out: Outcome, where: Mapping[str, str], number: int, parts: Mapping[str, Map], points: torch.Tensor) -> None:
    for name, part in parts.items():
        matrices = np.stack([Jacobian(part, point).dense().numpy() for point in points])
        condition = {**where, "part": name}
        full = matrices.shape[-1]
        out.add("block_rank_share", rank(matrices).mean() / full, condition, number, n=len(matrices))
        if "alone" not in name:
            signs = np.linalg.slogdet(matrices)[0]
            out.add("block_folds", float(len(set(signs)) > 1), condition, number, "proportion")


def _convexity(out: Outcome, cfg: Blocks) -> None:
    """Attention weights, and whether outputs lie in the convex hull of the values: by a linear program."""
    for number in range(cfg.blocks):
        generator = torch.Generator().manual_seed(cfg.seed + number)
        query, key, value = torch.randn(3, cfg.tokens, cfg.width // HEADS, generator=generator, dtype=torch.float64)
        weights = (query @ key.T / np.sqrt(query.shape[1])).softmax(dim=1)
        outputs = functional.scaled_dot_product_attention(query[None], key[None], value[None])[0]
        out.add("attention_weight_sum", weights.sum(dim=1).mean(), {}, number, n=cfg.tokens)
        out.add("attention_smallest_weight", weights.min(), {}, number, n=cfg.tokens)
        inside = [_in_hull(value.numpy(), one) for one in outputs.numpy()]
        out.add("inside_hull", np.mean(inside), {"point": "output"}, number, "proportion", len(inside))
        # A linear combination that the words allow and attention cannot make: twice the farthest value.
        beyond = 2 * value[value.norm(dim=1).argmax()].numpy()
        out.add("inside_hull", float(_in_hull(value.numpy(), beyond)), {"point": "beyond"}, number, "proportion")


def _in_hull(corners: np.ndarray, point: np.ndarray) -> bool:
    """Whether `point` (d,) is a convex combination of the rows of `corners` (n, d)."""
    matrix = np.vstack([corners.T, np.ones(len(corners))])
    return bool(linprog(np.zeros(len(corners)), A_eq=matrix, b_eq=np.append(point, 1), method="highs").success)


def _one_token(out: Outcome, cfg: Blocks) -> None:
    """Rank of a single output token, and of all of them, over the numbers that go in."""
    total = cfg.tokens * cfg.width
    for number in range(cfg.blocks):
        block = _random(cfg, cfg.seed + number)["attention"]["mixing"]
        generator = torch.Generator().manual_seed(cfg.seed + number)
        point = torch.randn(1, cfg.tokens, cfg.width, generator=generator, dtype=torch.float64)
        matrix = Jacobian(block, point).dense().numpy()
        for tokens, rows in (("one", matrix[: cfg.width]), ("all", matrix)):
            share = np.linalg.matrix_rank(rows) / total
            out.add("token_rank_share", share, {"tokens": tokens}, number)
