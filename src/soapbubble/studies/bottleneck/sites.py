"""Whether the sites of a code depend on each other over pictures, and what breaking that does to decoded digits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import norm

from soapbubble.autoencoders.classifier import Judge
from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.laws import posterior, prior, site_shuffled
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.rest_regression import rest_share
from soapbubble.stats.spatial import mean_by_distance, site_correlations, site_distances
from soapbubble.stats.total_correlation import gaussian_total_correlation, held_out_total_correlation


class Sites(Part):
    """Dependence between the sites of a code."""

    seed: int = setting(22000, ge=0, doc="seed of the random numbers")
    train: int = setting(1300, smoke=144, ge=60, doc="originals whose codes dependence is learnt from")
    test: int = setting(360, smoke=40, ge=20, doc="originals whose codes it is tested on")
    learnt: int = setting(
        600, smoke=100, ge=20, doc="of the first, those from which one site is foretold by all others"
    )
    # half of the 7 x 7 sites
    probed: int = setting(24, smoke=6, ge=1, doc="sites that are foretold")
    decoded: int = setting(1000, smoke=100, ge=40, doc="pictures whose codes are shuffled and decoded")

    def reads(self) -> Reads:
        return Reads(
            data=["digits"],
            models=["grid-7x7x1", "grid-7x7x4", "grid-14x14x1", "grid-28x28x1", "classifier"],
            memory_mb=1500,
        )


MODELS = ("grid-7x7x1", "grid-7x7x4", "grid-14x14x1", "grid-28x28x1")
PROBED = MODELS[0]  # few enough numbers for their whole covariance, and for kernels
OWN, SHUFFLED = "own", "shuffled"
LAWS = ("posterior", "site-shuffled", "prior")
QUANTILE = 0.99  # of the correlations of shuffled sites


def measure(cfg: Sites, lab: Lab) -> Outcome:
    """Dependence between sites against shuffled sites, and distances of decoded digits to real ones.

    A replicate is a network. Codes are draws, one a picture, since their joint law is what the decoder was trained on
    (their noise makes them less dependent than their means). In shuffled codes each site, with all its channels, comes
    from another picture: no dependence, the same law of each site.
    """
    out = Outcome()
    curves: dict[str, list[np.ndarray]] = {name: [] for name in MODELS}
    for name in MODELS:
        model = lab.models[name]
        pictures = model.pictures(lab.data["digits"])
        drawn = np.random.default_rng(cfg.seed)
        count = min(cfg.decoded, len(pictures.train), len(pictures.test))
        copied = np.sort(drawn.permutation(len(pictures.train))[:count])
        real = lab.models.judge.features(
            digits_only(pictures.test[np.sort(drawn.permutation(len(pictures.test))[:count])])
        )
        first = np.unique(pictures.train_origin, return_index=True)[1][: cfg.train]
        new = np.unique(pictures.test_origin, return_index=True)[1][: cfg.test]
        floor = frechet_distance(lab.models.judge.features(digits_only(pictures.train[copied])), real)
        out.add("site_real_distance", floor, {"model": name})
        for replicate in progress(model.replicates, f"dependence between the sites of {name}"):
            network = model.network(replicate)
            rng = np.random.default_rng((cfg.seed, replicate))
            train, test = (
                posterior(encode(network, part), rng) for part in (pictures.train[first], pictures.test[new])
            )
            curves[name].append(_dependence(out, cfg, name, replicate, network.latent_shape, train, test, rng))
            codes = encode(network, pictures.train[copied])
            for law, features in _decoded(network, codes, lab.models.judge, rng).items():
                out.add("site_code_distance", frechet_distance(features, real), {"model": name, "law": law}, replicate)
    _figure(out, curves)
    return out


def _dependence(
    out: Outcome,
    cfg: Sites,
    name: str,
    replicate: int,
    shape: tuple[int, int, int],
    train: np.ndarray,
    test: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Record how much sites depend on each other.

    Returns:
        Mean size of their correlation by distance, own and shuffled: (2, bins).
    """
    null = [site_shuffled(item, shape, rng) for item in (train, test)]
    samples = {
        sites: [normal_scores(by_site(item, shape), by_site(pair[0], shape)) for item in pair]
        for sites, pair in ((OWN, (train, test)), (SHUFFLED, null))
    }
    chosen = rng.permutation(shape[1] * shape[2])[: cfg.probed]
    found: dict[str, dict[str, float]] = {}
    for sites, (known, new) in samples.items():
        found[sites] = {"site_total_correlation_held_out": held_out_total_correlation(known, new)}
        if name == PROBED:
            few = known[: cfg.learnt]
            found[sites]["site_total_correlation"] = gaussian_total_correlation(known)
            found[sites]["site_rest_share"] = rest_share(few, new, chosen, "gaussian")
            found[sites]["site_rest_share_linear"] = rest_share(few, new, chosen, "linear")
        for quantity, value in found[sites].items():
            unit = "nats" if quantity.startswith("site_total") else "1"
            out.add(quantity, value, {"model": name, "sites": sites}, replicate, unit=unit)
    for quantity in found[OWN]:
        if quantity.startswith("site_total"):
            excess = found[OWN][quantity] - found[SHUFFLED][quantity]
            out.add(f"{quantity}_excess", excess, {"model": name}, replicate, unit="nats")
    sizes = {sites: np.abs(site_correlations(pair[0].reshape(len(train), -1))) for sites, pair in samples.items()}
    far = np.repeat(np.repeat(site_distances(shape[1]), shape[0], axis=0), shape[0], axis=1)
    beyond = np.quantile(sizes[SHUFFLED][far > 0], QUANTILE)
    out.add("site_correlated_share", (sizes[OWN][far > 0] > beyond).mean(), {"model": name}, replicate)
    return np.stack([mean_by_distance(size, far, _edges(shape[1])) for size in sizes.values()])


def by_site(latents: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Latents (n, channels * rows * columns) as (n, sites, channels)."""
    return latents.reshape(len(latents), shape[0], -1).swapaxes(1, 2)


def normal_scores(samples: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Each number by its rank among those of `reference` (n, ...), as the normal quantile of that rank.

    With normal numbers one by one, a total correlation from covariances alone is a lower bound of the true one.
    """
    ordered = np.sort(reference.reshape(len(reference), -1), axis=0)
    flat = samples.reshape(len(samples), -1)
    ranks = np.stack(
        [
            (np.searchsorted(known, value, "left") + np.searchsorted(known, value, "right")) / 2
            for known, value in zip(ordered.T, flat.T, strict=True)
        ],
        axis=1,
    )
    return norm.ppf((ranks + 0.5) / (len(reference) + 1)).reshape(samples.shape)


def _decoded(network: AutoencoderNet, codes: Codes, judge: Judge, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Features of what is decoded from the codes' own draws, from these with sites shuffled, and from the prior."""
    own = posterior(codes, rng)
    drawn = (own, site_shuffled(own, network.latent_shape, rng), prior(*own.shape, rng))
    return {law: judge.features(decode(network, latents)) for law, latents in zip(LAWS, drawn, strict=True)}


def _edges(side: int) -> np.ndarray:
    """Bins of distance around 1, 2, 3 ... sites, up to the side of the map."""
    return np.arange(side + 1) + 0.5


def _figure(out: Outcome, curves: Mapping[str, list[np.ndarray]]) -> None:
    values: dict[str, np.ndarray] = {}
    for name in MODELS:
        values[f"{name}-correlations"] = np.array(curves[name])
        for law in LAWS:
            values[f"{name}-{law}"] = _values(out, "site_code_distance", {"model": name, "law": law})
        for sites in (OWN, SHUFFLED):
            values[f"{name}-nats-{sites}"] = _values(
                out, "site_total_correlation_held_out", {"model": name, "sites": sites}
            )
    real = [_values(out, "site_real_distance", {"model": name}) for name in MODELS]
    out.figure("bottleneck-site-dependence", models=np.array(MODELS), real=np.concatenate(real), **values)


def _values(out: Outcome, quantity: str, condition: Mapping[str, object]) -> np.ndarray:
    return np.array([row.value for row in out.rows if row.quantity == quantity and dict(row.condition) == condition])
