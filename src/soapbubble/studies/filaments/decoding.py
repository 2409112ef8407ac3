"""Which points of the latent space decode to faces: does a point have to lie on a filament?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import gammaln
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from soapbubble.autoencoders.face_store import FaceLatents
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode
from soapbubble.measuring.face_evaluator import evaluator_on
from soapbubble.measuring.images import as_images
from soapbubble.measuring.nulls import gaussian_copula, gaussian_matched
from soapbubble.measuring.pca import principal_components
from soapbubble.models.face_autoencoder import FaceAutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.parts.face_evaluator import EvaluatorSettings
from soapbubble.progress import progress
from soapbubble.stats.coverage import nearest_distances
from soapbubble.studies.filaments.codes import MODEL


class Evaluator(EvaluatorSettings):
    """The evaluators of this study, trained independently of those of others."""

    seed: int = setting(22600, ge=0, doc="seed of the first evaluator; the others follow")


class Decoding(Part):
    """Which points of the latent space decode to faces."""

    seed: int = setting(22600, ge=0, doc="seed of the points")
    points: int = setting(200, smoke=12, ge=10, doc="points of each kind that are decoded")
    # the post's cube, in the unit in which the root mean square length of the codes is its 16.5
    half_width: float = setting(12.0, gt=0, doc="half the side of the cube from which the post drew")
    post_length: float = setting(16.5, gt=0, doc="the length at which the post's codes peak")
    radii: list[float] = setting(
        [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0],
        unit="root mean square distances",
        doc="shells around the mean, in the metric of the codes' covariance",
    )
    reaches: list[float] = setting(
        [0.2, 0.5, 1.0, 2.0], unit="distances to the nearest other code", doc="steps away from codes"
    )
    evaluator: Evaluator = setting(doc="the classifiers of faces; network k is paired with classifier k")

    def reads(self) -> Reads:
        return Reads(data=["faces", "photos"], models=[MODEL], memory_mb=1200)


CODES, GAUSSIAN, COPULA, DIAGONAL = "held-out codes", "full Gaussian", "copula", "diagonal Gaussian"
CUBE, WIDE_CUBE, BOX, ISOTROPIC, ORIGIN = "cube", "wide cube", "box", "isotropic Gaussian", "near the origin"
NEAR_ORIGIN = 0.1  # root mean square lengths
WALKS = (0.5, 1.0)  # how far along a path a point lies
SHOWN = 10  # pictures of a generator
FITTED = 1600  # training faces of which principal components are taken, at most


def measure(cfg: Decoding, lab: Lab) -> Outcome:
    """Share of decoded points that count as faces, by generator, along paths, on shells and around codes."""
    out = Outcome()
    model = lab.faces[MODEL]
    gains: list[float] = []
    for replicate in progress(model.replicates, "decoding of networks"):
        gains += _network(out, cfg, lab, model.network(replicate), model.latents(replicate), replicate)
    # One degree of freedom a network, if the nearest code says nothing beyond how far out a point lies.
    out.add("void_p_value", float(chi2.sf(sum(gains), max(len(gains), 1))), {}, n=len(gains))
    return out


def _network(
    out: Outcome, cfg: Decoding, lab: Lab, network: FaceAutoencoderNet, latents: FaceLatents, replicate: int
) -> list[float]:
    """All of one network, with the faces of its split; returns what `_voids` does."""
    rng = np.random.default_rng((cfg.seed, replicate))
    faces, photos = (lab.data[name].of_replicate(replicate) for name in ("faces", "photos"))
    evaluator = evaluator_on(cfg.evaluator, faces, photos, replicate)
    codes = latents.train.astype(np.float64)

    def accepted(points: np.ndarray) -> np.ndarray:
        return evaluator.accepts(decode(network, points))

    _reconstructions(out, cfg, faces, network, latents, replicate)
    _by_components(out, cfg, faces, codes.shape[1], replicate)
    drawn = generators(cfg, codes, latents.test, rng)
    for name, points in drawn.items():
        found = accepted(points)
        out.add("face_share", found.mean(), {"generator": name}, replicate, "proportion", len(found))
        if replicate == 0:
            out.picture(f"faces {name}", _stored(decode(network, points[:SHOWN])))
    _paths(out, cfg, codes, accepted, replicate, rng)
    _shells(out, cfg, codes, accepted, replicate, rng)
    _steps(out, cfg, codes, accepted, replicate, rng)
    return _voids(out, codes, drawn, accepted, replicate)


def generators(
    cfg: Decoding, codes: np.ndarray, held_out: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """`cfg.points` points (n, d) of every generator: held-out codes, and what random vectors may be."""
    n, d = min(cfg.points, len(held_out)), codes.shape[1]
    rms = math.sqrt(np.square(codes).sum(axis=1).mean())
    noise = rng.standard_normal((n, d))
    cube = rng.uniform(-1, 1, (n, d))
    near = NEAR_ORIGIN * rms * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    rows = rng.permutation(len(codes))[:n]
    return {
        CODES: held_out[:n],
        GAUSSIAN: gaussian_matched(codes, rng)[rows],
        COPULA: gaussian_copula(codes, rng)[rows],
        DIAGONAL: codes.mean(axis=0) + codes.std(axis=0) * noise,
        ISOTROPIC: rms / math.sqrt(d) * noise,
        CUBE: rms * math.sqrt(3 / d) * cube,
        WIDE_CUBE: cfg.half_width * rms / cfg.post_length * cube,
        BOX: rng.uniform(codes.min(axis=0), codes.max(axis=0), (n, d)),
        ORIGIN: near,
    }


Accepts = Callable[[np.ndarray], np.ndarray]


def _stored(images: np.ndarray) -> np.ndarray:
    return np.rint(255 * images.transpose(0, 2, 3, 1)).astype(np.uint8)


def _reconstructions(
    out: Outcome, cfg: Decoding, faces: Dataset, network: FaceAutoencoderNet, latents: FaceLatents, replicate: int
) -> None:
    """Share of the variance of the faces about their mean that a reconstruction misses, for both sets."""
    mean = as_images(faces.train[: cfg.points]).mean(axis=0)
    for split, images, codes in (("train", faces.train, latents.train), ("held out", faces.test, latents.test)):
        shown = as_images(images[: cfg.points])
        missed = np.square(decode(network, codes[: len(shown)]) - shown).sum() / np.square(shown - mean).sum()
        out.add("reconstruction_missed", missed, {"split": split}, replicate, n=len(shown))


def _by_components(out: Outcome, cfg: Decoding, faces: Dataset, numbers: int, replicate: int) -> None:
    """The same of as many principal components of the training faces as a code has numbers: a linear autoencoder."""
    images = as_images(faces.train[:FITTED])
    components = principal_components(images, numbers)
    shown = images[: cfg.points]
    reconstructed = components.points(components.scores(shown)).reshape(shown.shape)
    missed = np.square(reconstructed - shown).sum() / np.square(shown - shown.mean(axis=0)).sum()
    out.add("components_missed", missed, {"split": "train"}, replicate, n=len(shown))


def _voids(
    out: Outcome, codes: np.ndarray, drawn: dict[str, np.ndarray], accepted: Accepts, replicate: int
) -> list[float]:
    """Distance to the nearest code, and whether it says more about faces than the distance from the mean.

    Returns the deviance that it takes off beyond a parabola in the distance from the mean, if some points are no faces.
    """
    own = np.median(nearest_distances(drawn[CODES].astype(np.float64), [codes]))
    for name in (GAUSSIAN, DIAGONAL, BOX, WIDE_CUBE):
        ratio = np.median(nearest_distances(drawn[name], [codes])) / own
        out.add("void_distance_ratio", ratio, {"generator": name}, replicate, n=len(drawn[name]))
    points = drawn[GAUSSIAN]
    faces = accepted(points)
    gained, slope, beyond = 0.0, 0.0, []
    if 0 < faces.sum() < len(faces):
        centred = points - codes.mean(axis=0)
        precision = np.linalg.pinv(np.cov(codes.T), rcond=1e-6, hermitian=True)
        far = np.sqrt(np.einsum("ni,ij,nj->n", centred, precision, centred))
        near = nearest_distances(points, [codes])
        terms = np.stack([far, near], axis=1)
        terms = (terms - terms.mean(axis=0)) / terms.std(axis=0)
        gained = _deviance(terms[:, :1], faces) - _deviance(terms, faces)
        curved = np.column_stack([terms[:, 0], terms[:, 0] ** 2, terms[:, 1]])
        beyond = [max(_deviance(curved[:, :2], faces) - _deviance(curved, faces), 0.0)]
        slope = LogisticRegression(C=1e6, max_iter=1000).fit(curved, faces).coef_[0, -1]
    out.add("void_deviance", gained, {}, replicate, n=len(faces))
    out.add("void_slope", slope, {}, replicate, n=len(faces))
    return beyond


def _deviance(terms: np.ndarray, outcome: np.ndarray) -> float:
    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(terms, outcome)
    return float(2 * log_loss(outcome, fitted.predict_proba(terms)[:, 1], normalize=False))


def _paths(
    out: Outcome, cfg: Decoding, codes: np.ndarray, accepted: Accepts, replicate: int, rng: np.random.Generator
) -> None:
    """From codes towards other codes, and as far in random directions, of the codes' own kind and of any."""
    rows = rng.permutation(len(codes))
    n = min(cfg.points, len(codes) // 2)
    start, end = codes[rows[:n]], codes[rows[n : 2 * n]]
    distance = np.linalg.norm(end - start, axis=1, keepdims=True)
    kinds = {
        "to another code": end - start,
        "of the codes' covariance": rng.standard_normal((n, len(codes))) @ (codes - codes.mean(axis=0)),
        "any": rng.standard_normal(start.shape),
    }
    for name, direction in kinds.items():
        step = distance * direction / np.linalg.norm(direction, axis=1, keepdims=True)
        for along in WALKS:
            found = accepted(start + along * step)
            out.add("path_face_share", found.mean(), {"direction": name, "along": along}, replicate, "proportion", n)


def _shells(
    out: Outcome, cfg: Decoding, codes: np.ndarray, accepted: Accepts, replicate: int, rng: np.random.Generator
) -> None:
    """Faces on ellipsoids around the mean, and the volume within the last of mostly faces, over the codes' box."""
    values, axes = np.linalg.eigh(np.cov(codes.T))
    values = np.maximum(values, np.finfo(float).tiny)
    d, widest = codes.shape[1], 0.0
    for radius in cfg.radii:
        noise = rng.standard_normal((cfg.points, d))
        noise *= math.sqrt(d) / np.linalg.norm(noise, axis=1, keepdims=True)
        found = accepted(codes.mean(axis=0) + radius * (noise * np.sqrt(values)) @ axes.T)
        out.add("shell_face_share", found.mean(), {"radius": radius}, replicate, "proportion", cfg.points)
        if found.mean() >= 0.5:
            widest = radius
    ball = d / 2 * math.log10(math.pi) - gammaln(d / 2 + 1) / math.log(10)
    size = d * math.log10(max(widest, min(filter(None, cfg.radii))) * math.sqrt(d)) + np.log10(values).sum() / 2
    box = np.log10(np.ptp(codes, axis=0)).sum()
    out.add("face_volume_log10", ball + size - box, {}, replicate, n=cfg.points)


def _steps(
    out: Outcome, cfg: Decoding, codes: np.ndarray, accepted: Accepts, replicate: int, rng: np.random.Generator
) -> None:
    """Small steps away from codes, in units of the distance to the nearest other code."""
    n = min(cfg.points, len(codes) - 1)
    start, others = codes[:n], codes[n:]
    unit = np.median(nearest_distances(start, [others]))
    direction = rng.standard_normal(start.shape)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    for reach in cfg.reaches:
        found = accepted(start + reach * unit * direction)
        out.add("step_face_share", found.mean(), {"step": reach}, replicate, "proportion", n)
