"""How well autoencoders of faces reconstruct held-out faces, and which detail they lose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from soapbubble.autoencoders.face_store import TrainedFaces
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import decode
from soapbubble.measuring.images import as_images
from soapbubble.measuring.pca import PrincipalComponents, principal_components
from soapbubble.measuring.splits import evenly_spread
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.spectrum import radial_power
from soapbubble.studies.faces.latents import gaussian_like


class Reconstruction(Part):
    """Held-out faces, reconstructed, against the mean face and principal components; fine detail, in hair and face."""

    seed: int = setting(44000, ge=0, doc="seed of the samples")
    models: dict[str, str] = setting(
        {"case I": "faces-case-1", "case II": "faces-case-2"},
        min_length=1,
        doc="trained models, by their names in tables",
    )
    fit_images: int = setting(1600, smoke=30, ge=10, doc="training faces of which the principal components are taken")
    images: int = setting(200, smoke=8, ge=2, doc="held-out faces, at most")
    samples: int = setting(128, smoke=8, ge=2, doc="images from the full Gaussian")
    alike_images: int = setting(60, smoke=3, ge=2, doc="held-out faces of which the structural similarity is taken")
    shown: int = setting(6, smoke=2, ge=1, doc="faces in the figure")

    def reads(self) -> Reads:
        return Reads(data=["faces"], models=[*self.models.values()], memory_mb=1200)


FINE = 50  # detail is what a Gaussian blur of a 50th of the side takes away: from about 8 cycles an image
RANKS = (8, 32, 64, 128, 256)  # of the principal components whose error is noted
MOST = 512  # principal components that are taken
# The head in the pictures, in shares of the side: its centre and half axes, down and across.
CENTRE, HALF_AXES = (0.49, 0.50), (0.34, 0.25)


@dataclass(frozen=True)
class _Held:
    """Held-out faces (n, 3, side, side) of one split, the principal components of its training faces, their errors."""

    faces: np.ndarray
    rows: np.ndarray
    mean_error: float
    components: PrincipalComponents
    errors: np.ndarray


def measure(cfg: Reconstruction, lab: Lab) -> Outcome:
    """Errors, similarity and spectra of reconstructions; the energy of fine detail in hair and face."""
    out = Outcome()
    models = {case: lab.faces[name] for case, name in cfg.models.items()}
    replicates = max(len(model.replicates) for model in models.values())
    for replicate in progress(range(replicates), "reconstructions"):
        held = _held(cfg, lab.data["faces"].of_replicate(replicate))
        _faces(out, held, replicate)
        for case, model in models.items():
            if replicate in model.replicates:
                _network(cfg, out, held, case, model, replicate)
    return out


def _faces(out: Outcome, held: _Held, replicate: int) -> None:
    """What principal components leave of held-out faces, and what of their squared distance is detail in the hair."""
    for rank in RANKS:
        if rank < len(held.errors):
            out.add(
                "pca_unexplained", held.errors[rank] / held.mean_error, {"rank": rank}, replicate, n=len(held.faces)
            )
    hair = np.square(fine_detail(held.faces))[..., region("hair", held.faces.shape[-1])].sum()
    spread = np.square(held.faces - held.components.mean.reshape(held.faces.shape[1:])).sum()
    out.add("hair_detail_share", hair / spread, {}, replicate, n=len(held.faces))


def _held(cfg: Reconstruction, dataset: Dataset) -> _Held:
    train = as_images(dataset.train[: cfg.fit_images])
    rows = evenly_spread(len(dataset.test), cfg.images)
    faces = as_images(dataset.test[rows])
    components = principal_components(train, min(len(train) - 1, MOST))
    scores = np.square(components.scores(faces), dtype=np.float64).mean(axis=0)
    whole = np.square(faces - components.mean.reshape(faces.shape[1:]), dtype=np.float64)
    # What r components leave is the squared distance from the mean less that along them, per pixel and colour.
    errors = whole.mean() - np.concatenate([[0], scores.cumsum()]) / faces[0].size
    return _Held(faces, rows, float(whole.mean()), components, errors)


def _network(cfg: Reconstruction, out: Outcome, held: _Held, case: str, model: TrainedFaces, replicate: int) -> None:
    where = {"model": case}
    network, latents = model.network(replicate), model.latents(replicate)
    shown = decode(network, latents.test[held.rows])
    error = float(np.square(shown - held.faces, dtype=np.float64).mean())
    n = len(shown)
    out.add("unexplained", error / held.mean_error, where, replicate, n=n)
    same_rank = held.errors[min(model.spec.z_dim, len(held.errors) - 1)]
    out.add("error_to_pca", error / same_rank, where, replicate, n=n)
    equal = int(np.argmax(held.errors <= error)) if (held.errors <= error).any() else len(held.errors) - 1
    out.add("pca_rank_of_equal_error", equal, where, replicate, n=n)
    out.add("similarity", _similarity(shown[: cfg.alike_images], held.faces), where, replicate, n=cfg.alike_images)
    linear = held.components.mean + held.components.scores(held.faces)[:, :equal] @ held.components.axes[:equal]
    linear = np.clip(linear.reshape(held.faces.shape), 0, 1)
    rng = np.random.default_rng((cfg.seed, replicate))
    sampled = decode(network, gaussian_like(latents.train, cfg.samples, rng))
    kinds = {"reconstructions": shown, "samples": sampled, "principal components": linear}
    powers = {"faces": radial_power(held.faces)[0].mean(axis=0)}
    for kind, images in kinds.items():
        _detail(out, held, images, {**where, "shown": kind}, replicate)
        powers[kind] = radial_power(images)[0].mean(axis=0)
        for ring, ratio in enumerate(powers[kind] / powers["faces"], start=1):
            out.add("power_ratio", ratio, {**where, "shown": kind, "frequency": ring}, replicate, n=len(images))
    if replicate == 0:
        rows = [held.faces, shown, linear]
        images = np.stack([np.round(255 * images[: cfg.shown]).astype(np.uint8) for images in rows])
        out.picture(case, images)


def _similarity(shown: np.ndarray, faces: np.ndarray) -> float:
    """Mean structural similarity (Wang et al. 2004) of images (n, 3, side, side) and the first n faces."""
    from skimage.metrics import structural_similarity

    pairs = zip(shown, faces, strict=False)
    return float(np.mean([structural_similarity(a, b, channel_axis=0, data_range=1.0) for a, b in pairs]))


def _detail(out: Outcome, held: _Held, images: np.ndarray, where: dict[str, str], replicate: int) -> None:
    """Energy of fine detail in each region, over that of the held-out faces there."""
    for name in ("hair", "face"):
        inside = region(name, images.shape[-1])
        energy = [np.square(fine_detail(x))[..., inside].mean() for x in (images, held.faces)]
        out.add("detail_ratio", energy[0] / energy[1], {**where, "region": name}, replicate, n=len(images))


def fine_detail(images: np.ndarray) -> np.ndarray:
    """What a narrow blur takes away from images (n, 3, side, side)."""
    width = images.shape[-1] / FINE
    return images - gaussian_filter(images, (0, 0, width, width))


def region(name: str, side: int) -> np.ndarray:
    """Where "hair" or "face" mostly lies in a picture of a centred head, bool (side, side)."""
    down, across = (np.arange(side) + 0.5) / side - CENTRE[0], (np.arange(side) + 0.5) / side - CENTRE[1]
    v, u = down[:, None] / HALF_AXES[0], across[None, :] / HALF_AXES[1]
    radius = np.hypot(u, v)
    return (radius < 1.2) & (v < -0.5) if name == "hair" else (radius < 0.8) & (v > -0.3)
