"""Do large latent spaces overfit? The same questions of training pictures and of unseen ones, with controls."""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import logsumexp
from torch.nn import functional

from soapbubble.autoencoders.codes import decode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.autoencoders.store import Models
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.digit_classifier import DigitClassifier
from soapbubble.models.autoencoder import AutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.linear_probe import probe_accuracy
from soapbubble.stats.mixture_overlap import component_ratios
from soapbubble.stats.nearest import nearest_others
from soapbubble.stats.strokes import stroke_width
from soapbubble.studies.latentsize.held_out import (
    SETS,
    Album,
    Seen,
    Shown,
    equal_count,
    explained_share,
    mean_picture,
    see,
    training_and_held_out,
)
from soapbubble.studies.latentsize.rows import by_replicate, values


class Overfitting(Part):
    """The same questions of training pictures and of unseen ones."""

    seed: int = setting(2101, ge=0, doc="seed of the random numbers")
    # of 359 built-in test originals, and as many training originals, one copy of each
    pictures: int = setting(320, smoke=20, ge=20, doc="originals of each set, one copy of each")
    # 5.0 nats to be told apart
    candidates: int = setting(150, smoke=10, ge=10, doc="pictures of a set among which a draw has to find its own")
    moved: int = setting(150, smoke=10, ge=10, doc="pictures of a set that are made thicker or broken")
    models: list[str] = setting(
        [
            "dense-2",
            "dense-16",
            "dense-64",
            "dense-1024",
            "grid-8x8x16",
            "grid-8x8x16-beta-64th",
            "grid-8x8x1024",
            "grid-8x8x1024-mean",
            "dense-16-n400",
            "dense-16-n100",
            "grid-8x8x16-beta-64th-n100",
            "grid-8x8x1024-mean-n100",
        ],
        doc="models that are asked; those with few pictures must overfit",
    )
    # from hardly any to more than the codes' own spread
    penalties: list[float] = setting([0.001, 0.01, 0.1, 1.0, 10.0], doc="of the linear probe, of which it picks one")
    # thick and thin thirds
    extremes: float = setting(0.333, gt=0, lt=0.5, doc="share of pictures that count as thick, and as thin")
    neighbours: list[str] = setting(
        ["dense-16", "grid-8x8x1024", "grid-8x8x1024-mean", "dense-16-n100", "grid-8x8x1024-mean-n100"],
        doc="models whose distances to neighbours are drawn",
    )
    shown: list[str] = setting(
        ["dense-16", "grid-8x8x1024-mean", "dense-16-n100", "grid-8x8x1024-mean-n100"],
        doc="models whose rebuilt pictures are shown, also of scrambled digits",
    )
    examples: int = setting(8, smoke=3, ge=1, doc="pictures shown of each set")
    curves: list[str] = setting(
        [
            "dense-2",
            "dense-16",
            "grid-8x8x16",
            "grid-8x8x1024",
            "grid-8x8x1024-mean",
            "dense-16-n100",
            "grid-7x7x4",
            "dense-196",
        ],
        doc="models whose learning curves are drawn",
    )

    def reads(self) -> Reads:
        return Reads(data=["digits"], models=[*sorted({*self.models, *self.curves}), "classifier"], memory_mb=2000)


PIXELS = "pixels"
SCRAMBLED = "scrambled"
PIECE = 60  # codes compared at a time: in double precision, 65,536 latents of so many take 31 MB
Neighbours = dict[str, dict[str, np.ndarray]]


def measure(cfg: Overfitting, lab: Lab) -> Outcome:
    """Fit, identity, neighbours and probes of training pictures and of as many unseen ones, one of each original.

    A replicate is a network with a seed of its own; its training pictures are some of those that were drawn in its
    training before the weights that are kept.
    """
    out = Outcome()
    neighbours: Neighbours = {}
    examples: dict[str, np.ndarray] = {}
    album = Album(lab.models, lab.data["digits"])
    for name in progress(cfg.models, "autoencoders asked whether they overfit"):
        model = lab.models[name]
        pictures = album.of(name)
        blank = mean_picture(pictures)
        out.add("training_originals", len(np.unique(pictures.train_origin)), {"model": name})
        out.add("parameters", model.parameters, {"model": name})
        out.add("latents_of_overfitting", model.spec.latents, {"model": name})
        for replicate in model.replicates:
            rng = np.random.default_rng((cfg.seed, replicate))
            network = model.network(replicate)
            drawn = model.seen(replicate)
            out.add("pictures_drawn", drawn.mean(), {"model": name}, replicate, n=len(drawn))
            shown = training_and_held_out(pictures, drawn, equal_count(pictures, drawn, cfg.pictures))
            seen = {kind: see(network, item, rng) for kind, item in shown.items()}
            _fit(out, name, replicate, shown, seen, blank)
            _rebuilt(out, name, replicate, shown, seen, lab.models.classifier)
            _identity(cfg, out, name, replicate, seen)
            found = _neighbours({kind: item.codes.mean for kind, item in seen.items()})
            out.add("neighbour_ratio", _ratio(found), {"model": name}, replicate)
            _global_features(cfg, out, name, replicate, network, shown, seen)
            if name in cfg.shown:
                examples |= _scrambled(cfg, out, name, replicate, network, pictures, shown, seen, blank)
            if replicate == 0:
                neighbours[name] = found
            if replicate == 0 and pictures_key(pictures) not in neighbours:
                found = _neighbours({kind: item.ink.reshape(len(item.ink), -1) for kind, item in shown.items()})
                neighbours[pictures_key(pictures)] = found
                trained_on = str(model.spec.train_images or "all")
                out.add("neighbour_ratio_of_pixels", _ratio(found), {"trained_on": trained_on})
    _figures(cfg, out, neighbours, examples)
    _curves(cfg, out, lab.models)
    return out


def pictures_key(pictures: Pictures) -> str:
    """The name of the control in which pixels stand for codes."""
    return f"{PIXELS}-n{len(np.unique(pictures.train_origin))}"


def _fit(
    out: Outcome, name: str, replicate: int, shown: dict[str, Shown], seen: dict[str, Seen], blank: np.ndarray
) -> None:
    """What the model explains of both sets: by the pictures that it rebuilds, and by its bound on the likelihood."""
    for of in ("reconstruction", "bound"):
        shares = {kind: explained_share(shown[kind], seen[kind], blank, with_rate=of == "bound") for kind in SETS}
        for kind, share in shares.items():
            out.add("deviance_explained", share, {"model": name, "of": of, "set": kind}, replicate)
        gap = shares["training"] - shares["held-out"]
        out.add("overfitting_gap", gap, {"model": name, "of": of}, replicate)


def _rebuilt(
    out: Outcome, name: str, replicate: int, shown: dict[str, Shown], seen: dict[str, Seen], judge: DigitClassifier
) -> None:
    """Whether the judge sees the same digit in what was rebuilt, and the squared error of the rebuilt."""
    errors = {}
    for kind in SETS:
        original = judge.probabilities(shown[kind].ink).argmax(axis=1)
        same = judge.probabilities(seen[kind].ink).argmax(axis=1) == original
        out.add("same_digit_rebuilt", same.mean(), {"model": name, "set": kind}, replicate, n=len(same))
        errors[kind] = float(np.square(seen[kind].ink - shown[kind].ink).mean())
        out.add("rebuilt_squared_error", errors[kind], {"model": name, "set": kind}, replicate, n=len(same))


def _identity(cfg: Overfitting, out: Outcome, name: str, replicate: int, seen: dict[str, Seen]) -> None:
    """How often a draw tells whose code it is from, and its information on that, among as many pictures of each set."""
    for kind in SETS:
        codes = seen[kind].codes[: cfg.candidates]
        hits, information = identified(seen[kind].draws[: cfg.candidates], codes.mean, codes.deviation)
        condition = {"model": name, "set": kind}
        out.add("identified", hits, condition, replicate, n=len(codes))
        out.add("identity_information", information, condition, replicate, unit="nat", n=len(codes))
        out.add("identity_share", information / np.log(len(codes)), condition, replicate, n=len(codes))


def identified(draws: np.ndarray, means: np.ndarray, deviations: np.ndarray) -> tuple[float, float]:
    """Share of draws (n, d), one from each code, that are likeliest under that code, and their information in nats.

    The information is that between a picture, drawn evenly from the n, and its draw: at most log n.
    """
    pieces = [slice(start, start + PIECE) for start in range(0, len(draws), PIECE)]
    ratios = np.hstack([component_ratios(draws, means[piece], deviations[piece]) for piece in pieces])
    own = np.diag(ratios)
    information = own - logsumexp(ratios, axis=1) + np.log(len(draws))
    return float((ratios.argmax(axis=1) == np.arange(len(draws))).mean()), float(information.mean())


def _neighbours(points: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Distance of each picture's point to the nearest training point of another row."""
    return {kind: nearest_others(points[kind], points["training"]) for kind in SETS}


def _in_medians(found: dict[str, np.ndarray], shares: np.ndarray) -> list[np.ndarray]:
    """Quantiles of both sets' distances in units of the median among training pictures: codes differ in scale."""
    unit = float(np.median(found["training"])) or 1.0
    return [np.quantile(found[kind], shares) / unit for kind in SETS]


def _ratio(found: dict[str, np.ndarray]) -> float:
    training = np.median(found["training"])
    return float(np.median(found["held-out"]) / training) if training > 0 else np.nan


def _global_features(
    cfg: Overfitting,
    out: Outcome,
    name: str,
    replicate: int,
    network: AutoencoderNet,
    shown: dict[str, Shown],
    seen: dict[str, Seen],
) -> None:
    """Is the digit read from unseen codes, and does a direction found on training codes make unseen strokes thicker?"""
    training, held_out = (seen[kind].codes.mean for kind in SETS)
    right = probe_accuracy(training, shown["training"].labels, held_out, shown["held-out"].labels, tuple(cfg.penalties))
    out.add("digit_read_from_codes", right, {"model": name}, replicate, n=len(held_out))
    thickness = np.array([_thickness(picture[None]) for picture in shown["training"].ink])
    low, high = np.quantile(thickness, (cfg.extremes, 1 - cfg.extremes))
    direction = training[thickness >= high].mean(axis=0) - training[thickness <= low].mean(axis=0)
    effects = []
    for kind, codes in zip(SETS, (training, held_out), strict=True):
        some = codes[: cfg.moved]
        thicker, thinner = (_thickness(decode(network, some + half * direction)) for half in (0.5, -0.5))
        effects.append(thicker - thinner)
        out.add("thickness_effect", effects[-1], {"model": name, "set": kind}, replicate, unit="pixel")
    out.add("thickness_transfer", effects[1] / effects[0] if effects[0] else np.nan, {"model": name}, replicate)


def _thickness(pictures: np.ndarray) -> float:
    """Mean width of strokes in pixels; 0 without any."""
    return float(np.nan_to_num(stroke_width(pictures)))


def _scrambled(
    cfg: Overfitting,
    out: Outcome,
    name: str,
    replicate: int,
    network: AutoencoderNet,
    pictures: Pictures,
    shown: dict[str, Shown],
    seen: dict[str, Seen],
    blank: np.ndarray,
) -> dict[str, np.ndarray]:
    """How well held-out digits with their quarters exchanged are rebuilt; for the first network also all examples."""
    side = pictures.test.shape[-1]
    ink = shown["held-out"].ink[: cfg.moved]
    ink = np.roll(ink, (ink.shape[1] // 2,) * 2, axis=(1, 2))
    before = (side - ink.shape[1]) // 2
    after = side - ink.shape[1] - before
    canvas = functional.pad(torch.from_numpy(ink)[:, None], (before, after, before, after))
    strange = Shown(canvas, digits_only(canvas), shown["held-out"].labels[: cfg.moved])
    both = shown | {SCRAMBLED: strange}
    found = seen | {SCRAMBLED: see(network, strange, np.random.default_rng((cfg.seed, replicate, 1)))}
    condition = {"model": name, "of": "reconstruction", "set": SCRAMBLED}
    out.add("deviance_explained", explained_share(strange, found[SCRAMBLED], blank), condition, replicate)
    if replicate > 0:
        return {}
    rows = [[both[kind].ink[: cfg.examples], found[kind].ink[: cfg.examples]] for kind in (*SETS, SCRAMBLED)]
    return {name: np.rint(255 * np.array(rows)).astype(np.uint8)}


def _spread(out: Outcome, quantity: str, names: list[str], **where: str) -> np.ndarray:
    """Values (models, replicates) of a quantity."""
    return by_replicate([values(out, quantity, model=name, **where) for name in names])


def _figures(cfg: Overfitting, out: Outcome, neighbours: Neighbours, examples: dict[str, np.ndarray]) -> None:
    names = list(cfg.models)
    common = {
        "models": np.array(names),
        "latents": np.array([values(out, "latents_of_overfitting", model=name)[0] for name in names]),
        "originals": np.array([values(out, "training_originals", model=name)[0] for name in names]),
    }
    out.figure(
        "latentsize-overfitting",
        **common,
        training=_spread(out, "deviance_explained", names, of="reconstruction", set="training"),
        held_out=_spread(out, "deviance_explained", names, of="reconstruction", set="held-out"),
        identified=np.stack([_spread(out, "identified", names, set=kind) for kind in SETS]),
    )
    quantiles = np.linspace(0, 1, 101)
    kinds = [name for name in cfg.neighbours if name in neighbours]
    kinds += [name for name in neighbours if name.startswith(PIXELS)]
    out.figure(
        "latentsize-neighbours",
        kinds=np.array(kinds),
        shares=quantiles,
        distances=np.array([_in_medians(neighbours[name], quantiles) for name in kinds]),
    )
    out.figure(
        "latentsize-held-out-pictures",
        models=np.array(list(examples)),
        sets=np.array([*SETS, SCRAMBLED]),
        pictures=np.array(list(examples.values())),
    )
    out.figure(
        "latentsize-global-features",
        **common,
        read=_spread(out, "digit_read_from_codes", names),
        transfer=_spread(out, "thickness_transfer", names),
    )


def _curves(cfg: Overfitting, out: Outcome, models: Models) -> None:
    """The loss of each training, in nats a picture, on training and on held-out pictures."""
    curves = {name: [models[name].curve(replicate) for replicate in models[name].replicates] for name in cfg.curves}
    looks = max(len(curve.step) for several in curves.values() for curve in several)
    most = max(map(len, curves.values()))
    filled = np.full((len(curves), most, 3, looks), np.nan)
    kept = np.full((len(curves), most), np.nan)
    for number, (name, several) in enumerate(curves.items()):
        for replicate, curve in enumerate(several):
            filled[number, replicate, :, : len(curve.step)] = curve.step, curve.train_loss, curve.validation["loss"]
            kept[number, replicate] = curve.step[curve.best if models[name].spec.early_stop else -1]
    out.figure("latentsize-curves", models=np.array(list(curves)), curves=filled.astype(np.float32), kept=kept)
