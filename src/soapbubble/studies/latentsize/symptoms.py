"""What the questioner saw at 65,536 latents, symptom by symptom, and which weight of the latent loss produces it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.autoencoders import laws
from soapbubble.autoencoders.classifier import Judge
from soapbubble.autoencoders.codes import Codes, decode, encode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models, Trained
from soapbubble.config.base import Block
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.autoencoder import AutoencoderNet, distortion
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.diagonal_gaussian import divergence_from_unit_noise, noise_share
from soapbubble.stats.frechet import frechet_distance
from soapbubble.stats.sample_quality import precision_recall
from soapbubble.studies.latentsize.conventions import gradient_mismatch
from soapbubble.studies.latentsize.rows import by_replicate


class SymptomLines(Block):
    """Where each of the questioner's observations begins, for a single network."""

    # a reader must not see the difference to an autoencoder without latent loss
    known: float = setting(0.95, gt=0, le=1, doc="share of a plain autoencoder's known rebuilt digits")
    # of the variance over pictures: a correlation of 0.97 with the original
    unexplained: float = setting(0.05, gt=0, lt=1, doc="largest share of the ink's variance that is not rebuilt")
    # "close to 0"
    mean: float = setting(0.1, gt=0, doc="largest mean size of a coordinate of the means")
    # "close to 1"
    band: float = setting(0.05, gt=0, lt=1, doc="how far from 1 a deviation may be")
    in_band: float = setting(0.95, gt=0, le=1, doc="share of the coordinates whose deviations must be that near")
    # clearly worse, not by a sampling error
    prior_excess: float = setting(2.0, gt=1, doc="Frechet distance of prior draws over that of unit-noise draws")
    unit_known: float = setting(0.9, gt=0, le=1, doc="digits kept by unit noise over those kept by the code's own")
    unit_known_real: float = setting(0.8, gt=0, le=1, doc="digits kept by unit noise over real digits known")
    unit_excess: float = setting(1.5, ge=1, doc="Frechet distance of unit-noise draws over that of the code's own")


class Symptoms(Part):
    """What the questioner saw, looked for in models of several sizes and weights of the latent loss."""

    seed: int = setting(41000, ge=0, doc="seed of the random numbers")
    # of 359 originals; codes of 65,536 numbers take 79 MB for the means alone
    pictures: int = setting(
        300, smoke=20, ge=20, doc="held-out pictures, one an original, and as many training pictures"
    )
    models: list[str] = setting(
        [
            "grid-8x8x1024-mean",
            "grid-8x8x1024-beta-4th",
            "grid-8x8x1024",
            "grid-8x8x1024-ae",
            "grid-8x8x16-beta-64th",
            "grid-8x8x16-beta-8th",
            "grid-8x8x16",
            "grid-8x8x16-beta-4",
            "dense-1024",
            "dense-16-beta-0",
            "dense-16-beta-64th",
            "dense-16",
            "dense-16-beta-4",
            "dense-16-mean",
            "dense-16-wide-hidden",
            "dense-16-ae",
        ],
        doc="all models that are looked at",
    )
    controls: dict[str, str] = setting(
        {"grid": "grid-8x8x1024-ae", "dense": "dense-16-ae"},
        doc="for each kind of bottleneck the plain autoencoder to compare with",
    )
    averaged: str = setting(
        "grid-8x8x1024-mean", doc="the model of the question, trained on the mean of each term of the loss"
    )
    lines: SymptomLines = setting(doc="lines")
    sweeps: dict[str, list[str]] = setting(
        {
            "grid-8x8x16": ["grid-8x8x16-beta-64th", "grid-8x8x16-beta-8th", "grid-8x8x16", "grid-8x8x16-beta-4"],
            "dense-16": ["dense-16-beta-0", "dense-16-beta-64th", "dense-16", "dense-16-beta-4"],
        },
        doc="models that differ in the weight of the latent loss only",
    )
    gradient_pictures: int = setting(
        8, smoke=1, ge=1, doc="pictures on which gradients of both conventions are compared"
    )
    noise_models: list[str] = setting(
        ["grid-8x8x1024-mean", "grid-8x8x1024", "grid-8x8x16", "dense-16"],
        doc="models whose digits are put under noise",
    )
    noise_scales: list[float] = setting(
        [0.0, 0.5, 1.0, 1.5, 2.0, 3.0], smoke=[0.0, 1.0], min_length=2, doc="standard deviations of that noise"
    )
    noise_pictures: int = setting(60, smoke=4, ge=1, doc="noise pictures")
    histogram_models: list[str] = setting(
        ["grid-8x8x1024-mean", "grid-8x8x1024", "grid-8x8x16", "dense-16"], doc="histogram models"
    )
    bins: int = setting(160, ge=10, doc="bins")
    shown_models: list[str] = setting(
        ["grid-8x8x1024-mean", "grid-8x8x1024-beta-4th", "grid-8x8x1024", "grid-8x8x16", "dense-16"], doc="shown models"
    )
    shown_pictures: int = setting(2, ge=1, doc="held-out pictures in the page of pictures")
    shown_draws: int = setting(8, ge=1, doc="draws around each of them")
    shown_prior: int = setting(4, ge=1, doc="draws from the prior")

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*self.models, "classifier"], memory_mb=1900)


SYMPTOMS = (
    "reconstructs very well",
    "means close to 0",
    "deviations close to 1",
    "prior draws are bad",
    "unit-noise draws are good",
)
REAL = "held-out pictures"
DRAWS = 2  # for each picture: as many as their variety needs
Facts = dict[str, float]


@dataclass(frozen=True)
class HeldOut:
    """Pictures that no autoencoder trained with: canvases (n, 1, 32, 32), ink (n, 28, 28), digits (n,), and more.

    `reference` holds the judge's features of as many training pictures, `partners` for each picture another held-out
    one of the same digit.
    """

    canvas: torch.Tensor
    ink: np.ndarray
    labels: np.ndarray
    partners: np.ndarray
    reference: np.ndarray
    training_pictures: int


@dataclass(frozen=True)
class Look:
    """What was found about one network: facts on its codes and losses, and on each kind of picture that it decodes."""

    facts: Facts
    decoded: Mapping[str, Facts]


def measure(cfg: Symptoms, lab: Lab) -> Outcome:
    """Reconstructions, codes, draws and both loss terms of each model on held-out pictures, and the symptoms in them.

    A replicate is a training: a network with a seed of its own.
    """
    out = Outcome()
    judge = lab.models.judge
    held_out = _held_out(cfg, lab.models[cfg.averaged].pictures(lab.data["digits"]), judge)
    real = _judged(judge, held_out, held_out.ink)
    for quantity, value in real.items():
        out.add(quantity, value, {"decoded": REAL}, n=len(held_out.ink))
    out.add("log_training_pictures", np.log(held_out.training_pictures), unit="nat")
    found = {
        name: [_look(cfg, lab.models[name], replicate, judge, held_out) for replicate in lab.models[name].replicates]
        for name in progress(cfg.models, "autoencoders asked for symptoms")
    }
    for name, looks in found.items():
        out.add("gaussian_latents", lab.models[name].spec.latents, {"model": name})
        for replicate, look in enumerate(looks):
            _record(out, name, replicate, look)
    scored = _scores(cfg, out, lab.models, found, real["seen_as_its_digit"])
    _sweeps(cfg, out, lab.models, found)
    averaged = lab.models[cfg.averaged].spec
    for beta in (averaged.effective_beta, 1.0):
        gap = gradient_mismatch(averaged, beta, held_out.canvas[: cfg.gradient_pictures], cfg.seed)
        out.add("gradient_mismatch", gap, {"beta": beta})
    _two_losses(out, lab.models, found, scored, held_out)
    _noise(cfg, out, lab.models, judge, held_out, found, real["frechet_to_training"])
    _histograms(cfg, out, lab.models, held_out)
    _page(cfg, out, lab.models, held_out)
    return out


def _held_out(cfg: Symptoms, pictures: Pictures, judge: Judge) -> HeldOut:
    """One picture of each held-out original, and as many training pictures, both drawn by chance."""
    rng = np.random.default_rng(cfg.seed)
    _, first = np.unique(pictures.test_origin, return_index=True)
    count = min(cfg.pictures, len(first), len(pictures.train))
    chosen = rng.permutation(first)[:count]
    training = rng.permutation(len(pictures.train))[:count]
    labels = pictures.test_labels[chosen]
    partners = np.arange(count)
    for digit in np.unique(labels):
        alike = np.flatnonzero(labels == digit)
        partners[alike] = np.roll(alike, 1)
    canvas = pictures.test[chosen]
    reference = judge.features(digits_only(pictures.train[training]))
    return HeldOut(canvas, digits_only(canvas), labels, partners, reference, len(pictures.train))


def _judged(judge: Judge, held_out: HeldOut, images: np.ndarray) -> Facts:
    """What the judge makes of pictures (n, 28, 28), each decoded from the held-out one of the same row."""
    features = judge.features(images)
    return {
        "seen_as_its_digit": _right(judge, images, held_out.labels),
        "frechet_to_training": frechet_distance(features, held_out.reference),
        "precision_to_training": precision_recall(held_out.reference, features)[0],
    }


def _right(judge: Judge, images: np.ndarray, labels: np.ndarray) -> float:
    return float((judge.probabilities(images).argmax(axis=1) == labels).mean())


def _look(cfg: Symptoms, trained: Trained, replicate: int, judge: Judge, held_out: HeldOut) -> Look:
    rng = np.random.default_rng((cfg.seed, replicate))
    network = trained.network(replicate)
    codes = encode(network, held_out.canvas)
    rebuilt = decode(network, codes.mean)
    error = float(np.square(rebuilt - held_out.ink).mean())
    facts = {"ink_error": error, "ink_unexplained": error / float(held_out.ink.var(axis=0).mean())}
    decoded = {"reconstruction": [rebuilt]}
    if trained.spec.noise != "none":  # a plain autoencoder has no deviations, and nothing was asked of its means
        facts |= _code_facts(codes, cfg.lines.band)
        drawn = [laws.posterior(codes, rng) for _ in range(DRAWS)]
        facts |= _loss_facts(trained, network, drawn[0], held_out, facts["latent_loss"])
        decoded["posterior"] = [decode(network, latents) for latents in drawn]
        decoded["unit noise"] = [decode(network, laws.unit_noise(codes, rng)) for _ in range(DRAWS)]
        decoded["prior"] = [decode(network, laws.prior(*codes.mean.shape, rng))]
        facts |= _variety(judge, decoded["unit noise"], held_out)
    return Look(facts, {kind: _mean_judged(judge, held_out, draws) for kind, draws in decoded.items()})


def _mean_judged(judge: Judge, held_out: HeldOut, draws: Sequence[np.ndarray]) -> Facts:
    """What the judge makes of several draws for the same pictures, on average."""
    judged = [_judged(judge, held_out, images) for images in draws]
    return {quantity: float(np.mean([facts[quantity] for facts in judged])) for quantity in judged[0]}


def _variety(judge: Judge, draws: Sequence[np.ndarray], held_out: HeldOut) -> Facts:
    """How far two draws around one code are apart, over the distance of two real pictures of one digit."""
    seen = (*draws[:2], held_out.ink)
    spaces = {"pixels": seen, "features": tuple(judge.features(images) for images in seen)}
    return {
        f"variety_in_{space}": _distance(one, other) / _distance(real, real[held_out.partners])
        for space, (one, other, real) in spaces.items()
    }


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean Euclidean distance between the rows of a and b."""
    return float(np.linalg.norm((a - b).reshape(len(a), -1), axis=1).mean())


def _code_facts(codes: Codes, band: float) -> Facts:
    """How large means and deviations are, by coordinate and as a whole; `band` is the width around a deviation of 1."""
    rate = float(codes.rates.mean())
    length = np.linalg.norm(codes.mean, axis=1)
    squares = np.square(length).mean()
    return {
        "mean_size": float(np.abs(codes.mean).mean(dtype=np.float64)),
        "mean_length": float(length.mean()),
        "mean_length_low": float(np.quantile(length, 0.01)),
        "mean_length_by_root_latents": float(np.sqrt(squares / codes.mean.shape[1])),
        "mean_share_of_pictures": float(codes.mean.var(axis=0, dtype=np.float64).sum() / squares),
        "deviation_size": float(codes.deviation.mean(dtype=np.float64)),
        "deviation_share_in_band": float((np.abs(codes.deviation - 1) <= band).mean()),
        "noise_share_of_a_latent": float(noise_share(codes.mean, codes.deviation).mean()),
        "latent_loss": rate,
        "latent_loss_per_latent": rate / codes.mean.shape[1],
        "unit_noise_cost_share": float(divergence_from_unit_noise(codes.deviation).mean() / rate),
    }


def _loss_facts(
    trained: Trained, network: AutoencoderNet, latents: np.ndarray, held_out: HeldOut, latent_loss: float
) -> Facts:
    """Both terms of the loss for one draw a picture; nats that grey pixels cost any decoder are taken off the first."""
    spec = trained.spec
    with torch.inference_mode():
        shown = network.decode(torch.from_numpy(latents).unflatten(1, network.latent_shape))
        lost = float(distortion(network, shown, held_out.canvas).mean())
        least = float(distortion(network, torch.logit(held_out.canvas, 1e-7), held_out.canvas).mean())
    weighted = spec.effective_beta * latent_loss
    return {
        "pixel_loss_per_pixel": (lost - least) / spec.side**2,
        "whole_loss": lost - least + latent_loss,
        "latent_share_of_loss": weighted / (lost + weighted),
    }


def _record(out: Outcome, name: str, replicate: int, look: Look) -> None:
    for quantity, value in look.facts.items():
        out.add(quantity, value, {"model": name}, replicate)
    for kind, facts in look.decoded.items():
        for quantity, value in facts.items():
            out.add(quantity, value, {"model": name, "decoded": kind}, replicate)


def symptoms(lines: SymptomLines, look: Look, control: float, real: float) -> dict[str, bool]:
    """Which of the five observations a network shows.

    Args:
        lines: where each symptom begins.
        look: what was found about the network.
        control: share of pictures that an autoencoder without latent loss rebuilds so that the judge knows them.
        real: share of the pictures themselves that the judge knows.
    """
    facts, decoded = look.facts, look.decoded
    known = {kind: found["seen_as_its_digit"] for kind, found in decoded.items()}
    distance = {kind: found["frechet_to_training"] for kind, found in decoded.items()}
    answers = (
        known["reconstruction"] >= lines.known * control and facts["ink_unexplained"] <= lines.unexplained,
        facts["mean_size"] <= lines.mean,
        abs(facts["deviation_size"] - 1) <= lines.band and facts["deviation_share_in_band"] >= lines.in_band,
        distance["prior"] >= lines.prior_excess * distance["unit noise"],
        known["unit noise"] >= lines.unit_known * known["posterior"]
        and known["unit noise"] >= lines.unit_known_real * real
        and distance["unit noise"] <= lines.unit_excess * distance["posterior"],
    )
    return dict(zip(SYMPTOMS, map(bool, answers), strict=True))


def _scores(cfg: Symptoms, out: Outcome, models: Models, found: Mapping[str, list[Look]], real: float) -> list[str]:
    """Count the symptoms of each network; the models that have codes to be asked about."""
    rebuilt = {
        kind: float(np.mean([look.decoded["reconstruction"]["seen_as_its_digit"] for look in found[name]]))
        for kind, name in cfg.controls.items()
    }
    names = [name for name in found if models[name].spec.noise != "none"]
    shares = []
    for name in names:
        spec = models[name].spec
        seen = [symptoms(cfg.lines, look, rebuilt[spec.bottleneck], real) for look in found[name]]
        for replicate, there in enumerate(seen):
            out.add("symptom_score", sum(there.values()), {"model": name, "latents": spec.latents}, replicate)
            for symptom, present in there.items():
                out.add("symptom_present", present, {"model": name, "symptom": symptom}, replicate)
        counts = [sum(there.values()) for there in seen]
        for quantity, count in (("fewest_symptoms", min(counts)), ("most_symptoms", max(counts))):
            out.add(quantity, count, {"model": name, "latents": spec.latents})
        shares.append([sum(there[symptom] for there in seen) for symptom in SYMPTOMS])
    out.figure(
        "latentsize-symptoms",
        symptoms=np.array(SYMPTOMS),
        networks_with=np.array(shares),
        networks=np.array([len(found[name]) for name in names]),
        **_about(models, names),
    )
    return names


def _about(models: Models, names: Sequence[str]) -> dict[str, np.ndarray]:
    specs = [models[name].spec for name in names]
    return {
        "models": np.array(names),
        "latents": np.array([spec.latents for spec in specs]),
        "betas": np.array([spec.effective_beta for spec in specs]),
        "averaged": np.array([spec.loss == "mean" for spec in specs]),
    }


def _sweeps(cfg: Symptoms, out: Outcome, models: Models, found: Mapping[str, list[Look]]) -> None:
    """How fuzzy the codes are against the weight of the latent loss."""
    for latent, names in cfg.sweeps.items():
        for name in names:
            condition = {"latent": latent, "beta": models[name].spec.effective_beta}
            for replicate, look in enumerate(found[name]):
                out.add("noise_share", look.facts["noise_share_of_a_latent"], condition, replicate)
    names = [name for models_of_latent in cfg.sweeps.values() for name in models_of_latent]
    latents = [latent for latent, models_of_latent in cfg.sweeps.items() for _ in models_of_latent]
    out.figure(
        "latentsize-fuzzy-code",
        latents=np.array(latents),
        betas=np.array([models[name].spec.effective_beta for name in names]),
        shares=by_replicate([[look.facts["noise_share_of_a_latent"] for look in found[name]] for name in names]),
        deviations=by_replicate([[look.facts["deviation_size"] for look in found[name]] for name in names]),
    )


def _two_losses(
    out: Outcome, models: Models, found: Mapping[str, list[Look]], names: Sequence[str], held_out: HeldOut
) -> None:
    shown = ("latent_loss_per_latent", "latent_loss", "pixel_loss_per_pixel", "whole_loss", "latent_share_of_loss")
    out.figure(
        "latentsize-two-losses",
        log_training_pictures=np.log(held_out.training_pictures),
        **{key: by_replicate([[look.facts[key] for look in found[name]] for name in names]) for key in shown},
        **_about(models, names),
    )


def _noise(
    cfg: Symptoms,
    out: Outcome,
    models: Models,
    judge: Judge,
    held_out: HeldOut,
    found: Mapping[str, list[Look]],
    floor: float,
) -> None:
    """Whether the digit survives noise of other sizes around the mean, and the distances of all kinds of decodes."""
    curves = []
    few = slice(cfg.noise_pictures)
    for name in cfg.noise_models:
        rows = []
        for replicate in models[name].replicates:
            rng = np.random.default_rng((cfg.seed, replicate, 1))
            network = models[name].network(replicate)
            codes = encode(network, held_out.canvas[few])
            row = []
            for scale in cfg.noise_scales:
                images = decode(network, laws.unit_noise(codes, rng, scale))
                row.append(_right(judge, images, held_out.labels[few]))
                out.add("digit_kept_under_noise", row[-1], {"model": name, "scale": scale}, replicate)
            rows.append(row)
        curves.append(np.mean(rows, axis=0))
    kinds = ("reconstruction", "posterior", "unit noise", "prior")
    out.figure(
        "latentsize-unit-noise",
        scales=np.array(cfg.noise_scales),
        kept=np.array(curves),
        kinds=np.array(kinds),
        distances=np.array(
            [
                [np.mean([look.decoded[kind]["frechet_to_training"] for look in found[name]]) for kind in kinds]
                for name in cfg.noise_models
            ]
        ),
        floor=np.array(floor),
        rates=by_replicate([[look.facts["latent_loss"] for look in found[name]] for name in cfg.noise_models]),
        variety=by_replicate([[look.facts["variety_in_pixels"] for look in found[name]] for name in cfg.noise_models]),
        **_about(models, cfg.noise_models),
    )


def _histograms(cfg: Symptoms, out: Outcome, models: Models, held_out: HeldOut) -> None:
    """How means and deviations of the first network of some models are spread, and how long its means are."""
    means, deviations, lengths = [], [], []
    mean_range, deviation_range = (-4.0, 4.0), (0.0, 1.4)
    for name in cfg.histogram_models:
        codes = encode(models[name].network(0), held_out.canvas)
        size = codes.mean.size
        means.append(np.histogram(np.clip(codes.mean, *mean_range), cfg.bins, mean_range)[0] / size)
        deviations.append(np.histogram(np.clip(codes.deviation, *deviation_range), cfg.bins, deviation_range)[0] / size)
        lengths.append(np.linalg.norm(codes.mean, axis=1))
    out.figure(
        "latentsize-coordinates",
        mean_edges=np.linspace(*mean_range, cfg.bins + 1),
        means=np.array(means),
        deviation_edges=np.linspace(*deviation_range, cfg.bins + 1),
        deviations=np.array(deviations),
        lengths=np.array(lengths),
        **_about(models, cfg.histogram_models),
    )


def _page(cfg: Symptoms, out: Outcome, models: Models, held_out: HeldOut) -> None:
    """Pictures in, rebuilt, around their codes and from the prior, in the same rows for each model's first network."""
    columns = []
    for name in cfg.shown_models:
        rng = np.random.default_rng((cfg.seed, 2))
        network = models[name].network(0)
        codes = encode(network, held_out.canvas[: cfg.shown_pictures])
        rows = [held_out.ink[: cfg.shown_pictures], decode(network, codes.mean)]
        rows += [decode(network, laws.unit_noise(codes, rng)) for _ in range(cfg.shown_draws)]
        rows += [decode(network, laws.prior(*codes.mean.shape, rng)) for _ in range(cfg.shown_prior)]
        columns.append(np.stack(rows))
    out.figure(
        "latentsize-symptom-pictures",
        pictures=np.round(255 * np.clip(np.stack(columns), 0, 1)).astype(np.uint8),
        draws=np.array(cfg.shown_draws),
        **_about(models, cfg.shown_models),
    )
