"""Is each latent a slider between two versions of something that can be measured?"""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes, decode_digits, encode
from soapbubble.measuring.kl import kl_to_prior
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.digit_attributes import NAMES, attributes
from soapbubble.stats.latent_use import active
from soapbubble.stats.rank_correlation import largest_by_chance, spearman
from soapbubble.studies.latentsize.features import test_images


class Sliders(Part):
    """Whether latents go with measured attributes of digits, better than rotated latents do."""

    seed: int = setting(23000, ge=0, doc="seed of the random numbers")
    images: int = setting(360, smoke=30, ge=20, doc="test images, at most")
    permutations: int = setting(
        99, smoke=19, ge=19, doc="permutations of the images, for the largest correlation by chance"
    )
    rotations: int = setting(20, smoke=2, ge=1, doc="random rotations of the active latents")
    # a quarter of the variance of the ranks
    strong: float = setting(0.5, gt=0, lt=1, doc="rank correlation above which a latent goes with an attribute")
    # covers 99 % of the prior
    reach: float = setting(2.5, gt=0, unit="std of the prior", doc="how far a latent is moved either way")
    steps: int = setting(9, smoke=3, ge=3, doc="values of the latent in a traversal")
    bases: int = setting(5, smoke=1, ge=1, doc="digits whose latents are traversed")
    monotone: float = setting(0.9, gt=0, le=1, doc="rank correlation from which an attribute is monotone in the latent")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=["dense-16", "dense-64", "grid-8x8x1024"], memory_mb=1500)


MODELS = ("dense-16", "dense-64", "grid-8x8x1024")
ROTATED = ("dense-16", "dense-64")
SHOWN = "dense-64"
PLANTED, SIZE, NOISE = "planted sliders", 16, 0.5  # noise: its standard deviation, of an attribute's 1
EXAMPLES = 5


def measure(cfg: Sliders, lab: Lab) -> Outcome:
    """Rank correlations of latents with measured attributes of test digits, against those of rotated latents.

    A replicate is a trained network.
    """
    out = Outcome()
    cache = PictureCache(lab.models, lab.data["digits"])
    tests = [
        test_images(cache.of(SHOWN, replicate), cfg.images, np.random.default_rng((cfg.seed, replicate, 2)))[0]
        for replicate in range(max(len(lab.models[name].replicates) for name in MODELS))
    ]
    attributes_of = [attributes(digits_only(test)) for test in tests]
    out.add("slider_threshold", cfg.strong)
    for name in progress(MODELS, "models whose latents are compared with attributes"):
        trained = lab.models[name]
        for replicate in trained.replicates:
            rng = np.random.default_rng((cfg.seed, replicate))
            network, where = trained.network(replicate), {"model": name}
            measured, codes = attributes_of[replicate], encode(network, tests[replicate])
            used = active(codes.mean)
            out.add("active_units_share", used.mean(), where, replicate, n=len(used))
            own = np.abs(spearman(codes.mean[:, used], measured))
            chance = largest_by_chance(codes.mean[:, used], measured, cfg.permutations, rng)
            _sliders(out, cfg, own, where | {"axes": "own"}, replicate, len(used))
            if name in ROTATED:
                out.add("largest_by_chance", chance, where, replicate)
                _rotated(out, cfg, codes.mean[:, used], measured, rng, where, replicate)
                _by_kl(out, kl_to_prior(codes.mean, codes.std).mean(axis=0)[used], own.max(axis=1), where, replicate)
                share, walks = monotone_share(cfg, network, codes.mean[: cfg.bases], np.flatnonzero(used), own)
                out.add("monotone_share", share, where, replicate, n=walks)
            if name == SHOWN and replicate == 0:
                _picture(out, cfg, network, codes, measured)
    for replicate, measured in enumerate(attributes_of):
        means = planted_sliders(measured, SIZE, np.random.default_rng((cfg.seed, replicate, 1)))
        used, where = active(means), {"model": PLANTED}
        out.add("active_units_share", used.mean(), where, replicate, n=SIZE)
        own = np.abs(spearman(means[:, used], measured))
        _sliders(out, cfg, own, where | {"axes": "own"}, replicate, SIZE)
    return out


def planted_sliders(measured: np.ndarray, latents: int, rng: np.random.Generator) -> np.ndarray:
    """Codes (n, latents) of which each is a scale of one attribute (n, attributes), these in turn, with some noise."""
    scales = (measured - measured.mean(axis=0)) / measured.std(axis=0)
    codes = scales[:, np.arange(latents) % measured.shape[1]]
    return codes + NOISE * rng.standard_normal(codes.shape)


def _share(which: np.ndarray) -> float:
    return float(which.mean()) if which.size else 0.0


def _is_slider(cfg: Sliders, correlations: np.ndarray) -> np.ndarray:
    """Whether each latent (rows) goes with exactly one attribute (columns)."""
    return (correlations > cfg.strong).sum(axis=1) == 1


def _gap(correlations: np.ndarray) -> float:
    """By how much the best latent of an attribute beats the second best, mean over attributes.

    Like the mutual information gap of Chen et al. (2018), with rank correlations.
    """
    if len(correlations) < 2:
        return 0.0
    ranked = np.sort(correlations, axis=0)
    return float((ranked[-1] - ranked[-2]).mean())


def _sliders(out: Outcome, cfg: Sliders, own: np.ndarray, where: dict[str, str], replicate: int, latents: int) -> None:
    sliders = _is_slider(cfg, own)
    out.add("slider_share", sliders.sum() / latents, where | {"among": "all"}, replicate, n=latents)
    out.add("slider_share", _share(sliders), where | {"among": "active"}, replicate, n=len(own))
    out.add("attribute_gap", _gap(own), where, replicate, n=len(own))


def _rotated(
    out: Outcome,
    cfg: Sliders,
    means: np.ndarray,
    measured: np.ndarray,
    rng: np.random.Generator,
    where: dict[str, str],
    replicate: int,
) -> None:
    """Share of sliders and gap if the active latents are rotated at random, which the prior does not notice."""
    size = means.shape[1]
    shares, gaps = [], []
    for _ in range(cfg.rotations):
        rotation = np.linalg.qr(rng.standard_normal((size, size)))[0]
        rotated = np.abs(spearman(means @ rotation, measured))
        shares.append(_share(_is_slider(cfg, rotated)))
        gaps.append(_gap(rotated))
    at = where | {"axes": "rotated"}
    out.add("slider_share", np.mean(shares), at | {"among": "active"}, replicate, n=cfg.rotations)
    out.add("attribute_gap", np.mean(gaps), at, replicate, n=cfg.rotations)


def _by_kl(out: Outcome, kl: np.ndarray, best: np.ndarray, where: dict[str, str], replicate: int) -> None:
    """Latents in use, their KL (d,) and their best correlation with an attribute (d,), and how it falls with the KL."""
    fall = spearmanr(-kl, best).statistic if len(kl) > 2 else np.nan
    out.add("attribute_by_rank", fall, where, replicate, n=len(kl))
    for latent, (nats, correlation) in enumerate(zip(kl, best, strict=True)):
        out.add("latent_kl", nats, where | {"latent": latent}, replicate, unit="nat")
        out.add("best_correlation", correlation, where | {"latent": latent}, replicate)


def monotone_share(
    cfg: Sliders, network: AutoencoderNet, bases: np.ndarray, latents: np.ndarray, own: np.ndarray
) -> tuple[float, int]:
    """Share of traversals along which the attribute that goes best with the latent rises or falls, and their number.

    `own` (len(latents), attributes) are the correlations of the `latents`; each is traversed from each of the `bases`.
    """
    steps = np.linspace(-cfg.reach, cfg.reach, cfg.steps)
    monotone = []
    for latent, correlations in zip(latents, own, strict=True):
        decoded = decode_digits(network, _walks(bases, latent, steps))
        along = attributes(decoded)[:, int(correlations.argmax())].reshape(len(bases), len(steps))
        monotone += [abs(spearman(steps[:, None], row[:, None])[0, 0]) >= cfg.monotone for row in along]
    return _share(np.array(monotone)), len(monotone)


def _walks(bases: np.ndarray, latent: int, steps: np.ndarray) -> np.ndarray:
    """Each base code (m, d) with one latent set to each step: (m * steps, d)."""
    walks = np.repeat(bases, len(steps), axis=0)
    walks[:, latent] = np.tile(steps, len(bases))
    return walks


def _picture(out: Outcome, cfg: Sliders, network: AutoencoderNet, codes: Codes, measured: np.ndarray) -> None:
    """Traversals of the latents with the highest and the lowest KL."""
    kl = kl_to_prior(codes.mean, codes.std).mean(axis=0)
    order = kl.argsort()[::-1]
    chosen = np.concatenate([order[:EXAMPLES], order[-EXAMPLES:]])
    steps = np.linspace(-cfg.reach, cfg.reach, cfg.steps)
    strips = [decode_digits(network, _walks(codes.mean[:1], latent, steps)) for latent in chosen]
    out.picture("traversals", np.clip(np.stack(strips) * 255, 0, 255).astype(np.uint8))
    for strip, latent in enumerate(chosen):
        correlations = spearman(codes.mean[:, [latent]], measured)[0]
        best = int(np.abs(correlations).argmax())
        out.add("traversed_kl", kl[latent], {"strip": strip, "reach": cfg.reach}, unit="nat")
        out.add("traversed_correlation", correlations[best], {"strip": strip, "attribute": NAMES[best]})
