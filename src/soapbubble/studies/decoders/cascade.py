"""Is structure a lucky meeting of particular weights and inputs, and does it need a complicated decoder?"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.nulls import pixel_permuted
from soapbubble.models.decoders import DecoderSpec, build_decoder, dense_decoder, draw_latents
from soapbubble.models.initialise import WEIGHTED, parameter_count, seeded
from soapbubble.models.layers import convolution
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.autocorrelation import crop_border, neighbour_correlation
from soapbubble.stats.regions import opponent_channels
from soapbubble.stats.variance import crossed_shares
from soapbubble.studies.decoders.standard import SIDE, as_tones, pictures_of, standard


class Cascade(Part):
    """Whether structure is a lucky meeting of weights and input."""

    seed: int = setting(6000, ge=0, doc="seed of the random numbers")
    groups: int = setting(10, smoke=2, ge=2, doc="independent tables of weights by latents, the unit of replication")
    # 640 pairs of weights and latents in all
    networks: int = setting(8, smoke=3, ge=2, doc="rows of a table")
    latents: int = setting(8, smoke=3, ge=2, doc="columns of a table")
    # 690 without a failure put 1 % outside the interval, corrected for the rule's six parts
    single_pairs: int = setting(
        750, smoke=20, ge=2, doc="networks with one latent each, to count how often structure fails"
    )
    # not the pairs of a first count, which was too small to decide
    single_seed: int = setting(60000, ge=0, doc="seed of the first of these networks")
    resampled_networks: int = setting(20, smoke=2, ge=2, doc="networks of which single layers are drawn anew")
    ladder_seeds: int = setting(20, smoke=2, ge=2, doc="networks of each rung of the ladder of complexity")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


OPERATORS = ("nearest", "bilinear", "transposed")
STRUCTURED = 0.5
"""correlation of neighbouring pixels below which a pair of weights and latent failed to show structure"""
RESAMPLED_LATENTS = 4
LUCK = 0.5  # share of the pairs that show structure where it is planted to depend on chance


def measure(cfg: Cascade, lab: Lab) -> Outcome:
    """Crossed tables of weights and latents, single layers drawn anew, and a ladder of complexity."""
    out = Outcome()
    _pairs(out, cfg)
    _failing(out, cfg)
    _resampled(out, cfg)
    _ladder(out, cfg)
    return out


def _pairs(out: Outcome, cfg: Cascade) -> None:
    """How the structure of a pair of weights and latent scatters, and who is responsible for the scatter."""
    for operator, group in progress(list(product(OPERATORS, range(cfg.groups))), "pairs of weights and latents"):
        spec = standard(operator)
        seed = cfg.seed + group * cfg.networks
        latents = draw_latents(spec, cfg.latents, seed)
        inner = np.stack(
            [crop_border(pictures_of(build_decoder(spec, seed + row), latents)) for row in range(cfg.networks)]
        )
        table = np.stack([neighbour_correlation(row) for row in inner])
        here = {"operator": operator}
        for (row, column), rho in np.ndenumerate(table):
            out.add("pair_correlation", rho, here | {"network": row, "latent": column}, group)
        out.add("pairs_mean", table.mean(), here, group, n=table.size)
        out.add("pairs_variation", table.std(ddof=1) / abs(table.mean()), here, group, n=table.size)
        for cause, share in zip(("weights", "latent", "pairing"), crossed_shares(table), strict=True):
            out.add("pairs_variance_share", share, here | {"cause": cause}, group, n=table.size)
        rng = np.random.default_rng((cfg.seed, group))
        chance = np.stack([neighbour_correlation(_by_chance(row, rng)) for row in inner])
        out.add("chance_pairs_variation", chance.std(ddof=1) / abs(chance.mean()), here, group, n=chance.size)
        for same, agreement in _same_places(inner).items():
            out.add("place_agreement", agreement, here | {"same": same}, group, n=table.size)


def _failing(out: Outcome, cfg: Cascade) -> None:
    """Share of the pairs without structure, among pairs that have neither weights nor latent in common.

    The cells of a crossed table share both, and are no independent trials.
    """
    for operator in OPERATORS[:2]:
        spec = standard(operator)
        failed = failed_by_chance = 0
        rng = np.random.default_rng(cfg.single_seed)
        for seed in progress(
            range(cfg.single_seed, cfg.single_seed + cfg.single_pairs), f"pairs of their own, {operator}"
        ):
            printed = pictures_of(build_decoder(spec, seed), draw_latents(spec, 1, seed))
            failed += _fails(printed)
            failed_by_chance += _fails(_by_chance(printed, rng))
        share = failed / cfg.single_pairs
        here = {"operator": operator, "below": STRUCTURED}
        out.add("pairs_failing", share, here, 0, unit="proportion", n=cfg.single_pairs)
        share = failed_by_chance / cfg.single_pairs
        out.add("chance_pairs_failing", share, here, 0, unit="proportion", n=cfg.single_pairs)


def _by_chance(printed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The pictures (n, channels, height, width) with the structure of each second one gone, by chance."""
    shuffled = pixel_permuted(printed, rng)
    return np.where(rng.random(len(printed))[:, None, None, None] < LUCK, printed, shuffled)


def _fails(printed: np.ndarray) -> bool:
    """Whether a picture (1, channels, height, width) lacks structure away from its border."""
    return not neighbour_correlation(crop_border(printed))[0] >= STRUCTURED


def _same_places(inner: np.ndarray) -> dict[str, float]:
    """Mean correlation of the luminance of two pictures (networks, latents, ...) that share weights, or a latent."""
    networks, latents = inner.shape[:2]
    flat = opponent_channels(inner.reshape(-1, *inner.shape[2:]))[:, 0].reshape(networks, latents, -1)
    flat = flat - flat.mean(axis=-1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=-1, keepdims=True)
    weights = [flat[:, i] @ flat[:, j].T for i, j in combinations(range(latents), 2)]
    latent = [(flat[i] * flat[j]).sum(axis=-1) for i, j in combinations(range(networks), 2)]
    return {"weights": float(np.mean([np.diagonal(item) for item in weights])), "latent": float(np.mean(latent))}


def _resampled(out: Outcome, cfg: Cascade) -> None:
    """How much the structure changes if one layer is drawn anew, or its input channels are shuffled."""
    for operator, number in progress(list(product(OPERATORS[:2], range(cfg.resampled_networks))), "layers drawn anew"):
        spec = standard(operator)
        seed = cfg.seed + number
        latents = draw_latents(spec, RESAMPLED_LATENTS, seed)
        network = build_decoder(spec, seed)
        other = build_decoder(spec, seed + cfg.resampled_networks)
        before = neighbour_correlation(crop_border(pictures_of(network, latents))).mean()
        pairs = list(zip(_layers(network), _layers(other), strict=True))
        largest: dict[str, float] = {}
        for place, (layer, fresh) in enumerate(pairs):
            own = layer.weight.detach().clone()
            with seeded(seed):
                order = torch.randperm(own.shape[1])
            for change, weight in {"drawn anew": fresh.weight, "inputs shuffled": own[:, order]}.items():
                layer.weight.data = weight.detach()
                after = neighbour_correlation(crop_border(pictures_of(network, latents))).mean()
                effect = abs(after - before)
                here = {"operator": operator, "change": change}
                out.add("layer_effect", effect, here | {"layer": place}, number, n=RESAMPLED_LATENTS)
                largest[change] = max(effect, largest.get(change, 0.0))
            layer.weight.data = own
        for change, effect in largest.items():
            here = {"operator": operator, "change": change}
            out.add("largest_layer_effect", effect, here, number, n=len(pairs))


def _layers(network: nn.Module) -> list[nn.Linear | nn.Conv2d | nn.ConvTranspose2d]:
    return [layer for layer in network.modules() if isinstance(layer, WEIGHTED)]


class _LatentAtEveryBlock(nn.Module):
    """A decoder that sees its latent again, enlarged, after every block, in the manner of a U-Net."""

    def __init__(self, spec: DecoderSpec, seed: int) -> None:
        super().__init__()
        *blocks, self.head, self.output = build_decoder(spec, seed)
        self.blocks = nn.ModuleList(blocks)
        with seeded(seed):
            self.bridges = nn.ModuleList(nn.Conv2d(spec.latent_channels, spec.width, 1) for _ in blocks)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = z
        for block, bridge in zip(self.blocks, self.bridges, strict=True):
            x = block(x)
            x = x + functional.interpolate(bridge(z), size=x.shape[-2:], mode="nearest")
        return self.output(self.head(x))


class _Shuffled(nn.Module):
    """A network followed by one fixed shuffle of the places of all pixels."""

    def __init__(self, network: nn.Module, seed: int) -> None:
        super().__init__()
        self.network = network
        with seeded(seed):
            self.order = torch.randperm(SIDE * SIDE)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        image = self.network(z)
        return image.flatten(2)[:, :, self.order].reshape(image.shape)


def _enlarged(spec: DecoderSpec, seed: int, convolve: bool) -> nn.Sequential:
    """The latent enlarged to the image at once, its first three channels shown, or all of them convolved once."""
    grow = nn.Upsample(size=(SIDE, SIDE), mode="nearest")
    with seeded(seed):
        if convolve:
            return nn.Sequential(grow, convolution(spec.latent_channels, 3, spec.kernel))
        return nn.Sequential(grow, _FirstThree())


class _FirstThree(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :3]


def _rungs(seed: int) -> dict[str, nn.Module]:
    """Decoders from the simplest to the most complicated, then two controls without neighbourhood."""
    plain = standard("nearest")
    residual = standard("nearest", residual=True)
    normalised = standard("nearest", residual=True, norm="group")
    attentive = standard("nearest", residual=True, norm="group", attention=True)
    conv = build_decoder(plain, seed)
    hidden = parameter_count(conv) // (3 * SIDE**2 + 64 * 16)
    return {
        "enlarging only": _enlarged(plain, seed, convolve=False),
        "one convolution": _enlarged(plain, seed, convolve=True),
        "plain": conv,
        "+ shortcuts": build_decoder(residual, seed),
        "+ normalisation": build_decoder(normalised, seed),
        "+ attention": build_decoder(attentive, seed),
        "+ latent at every block": _LatentAtEveryBlock(attentive, seed),
        "dense": dense_decoder(plain, seed, hidden=max(hidden, 1), layers=1),
        "plain, pixels shuffled": _Shuffled(conv, seed),
    }


def _ladder(out: Outcome, cfg: Cascade) -> None:
    """Structure of each rung, and a picture of its first network under the rung's name."""
    for number in progress(range(cfg.ladder_seeds), "ladder of complexity"):
        seed = cfg.seed + number
        latents = draw_latents(standard("nearest"), 2, seed)
        for rung, network in _rungs(seed).items():
            printed = pictures_of(network, latents)
            rho = neighbour_correlation(crop_border(printed)).mean()
            out.add("ladder_correlation", rho, {"rung": rung}, number, n=len(printed))
            if number == 0:
                out.picture(rung, as_tones(printed[0]))
                out.add("ladder_parameters", parameter_count(network), {"rung": rung}, unit="parameters")
