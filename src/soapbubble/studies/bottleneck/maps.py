"""What latent maps show: with one channel at three resolutions, and in a vector that is folded into a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes, encode
from soapbubble.measuring.kl import kl_to_prior
from soapbubble.measuring.probes import logistic_probe
from soapbubble.measuring.splits import few_of_each, first_of_each
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.matching import retrieval
from soapbubble.stats.spatial import morans_i
from soapbubble.studies.bottleneck.reading import (
    View,
    downsampled,
    margin_of_own,
    placed_by_intensity,
    r2_on_image,
    references,
    scores,
    views,
    zero_shot_predict,
)


class Maps(Part):
    """What latent maps show of their images."""

    seed: int = setting(21000, ge=0, doc="seed of the random numbers")
    # all originals of the built-in digits
    train: int = setting(1300, smoke=144, ge=40, doc="originals that probes are trained on")
    test: int = setting(360, smoke=40, ge=20, doc="originals on which they are tested")
    validation: int = setting(300, smoke=40, ge=20, doc="training originals on which the view of maps is chosen")
    # chance is right once in ten
    candidates: int = setting(10, ge=2, le=20, doc="images among which a map must find its own")
    permutations: int = setting(50, smoke=5, ge=1, doc="permutations of the sites for the null")
    matched_permutations: int = setting(5, smoke=1, ge=1, doc="of those, permutations matched with images")
    penalty: float = setting(0.001, gt=0, doc="L2 penalty of logistic regression, of a mean loss")
    shots: int = setting(10, smoke=3, ge=1, doc="examples of each digit for few-shot probes")
    draws: int = setting(2, ge=1, doc="random sets of those for probes of pixels, in each replicate")

    def reads(self) -> Reads:
        return Reads(
            data=["digits"],
            models=["grid-7x7x1", "grid-14x14x1", "grid-28x28x1", "dense-49", "dense-196", "dense-784"],
            memory_mb=1500,
        )


GRIDS = (7, 14, 28)
CONVOLUTIONAL = {grid: f"grid-{grid}x{grid}x1" for grid in GRIDS}
DENSE = {grid: f"dense-{grid**2}" for grid in GRIDS}
KINDS = {"convolutional": CONVOLUTIONAL, "dense": DENSE}
TOO_SMALL = 2  # pixels a side: four pixels do not show ten digits
OWN, PERMUTED = "own order", "permuted"
ALL, FEW = "all", "few"


@dataclass(frozen=True)
class Digits:
    """One image (28, 28) of each original: those that probes are trained on, and those that they are tested on."""

    train: np.ndarray
    labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray

    @classmethod
    def of(cls, pictures: Pictures, train: int, test: int) -> Digits:
        """At most `train` and `test` originals."""
        train_rows = first_of_each(pictures.train_origin)[:train]
        test_rows = first_of_each(pictures.test_origin)[:test]
        return cls(
            digits_only(pictures.train[train_rows]),
            pictures.train_labels[train_rows],
            digits_only(pictures.test[test_rows]),
            pictures.test_labels[test_rows],
        )


@dataclass(frozen=True)
class LatentMaps:
    """The codes of one network as maps (n, grid, grid)."""

    name: str
    grid: int
    replicate: int
    train_codes: Codes
    test_codes: Codes

    @property
    def condition(self) -> dict[str, str]:
        return {"model": self.name}

    @property
    def train(self) -> np.ndarray:
        return self.train_codes.mean.reshape(-1, self.grid, self.grid).astype(np.float64)

    @property
    def test(self) -> np.ndarray:
        return self.test_codes.mean.reshape(-1, self.grid, self.grid).astype(np.float64)


def measure(cfg: Maps, lab: Lab) -> Outcome:
    """How much of the input latent maps show, to statistics and to probes, against permuted sites and dense vectors.

    A replicate is a network with a split of its own. Maps are the means of codes of images, (grid, grid); an image is
    its intensity or its edges, averaged to the same raster.
    """
    out = Outcome()
    dataset, first = lab.data["digits"], lab.models[CONVOLUTIONAL[GRIDS[0]]]
    networks = max(len(lab.models[name].replicates) for names in KINDS.values() for name in names.values())
    digits_of = [Digits.of(first.pictures(dataset, number), cfg.train, cfg.test) for number in range(networks)]
    examples = first_of_each(digits_of[0].test_labels)
    out.picture("digits", np.round(255 * digits_of[0].test[examples]).astype(np.uint8))
    for replicate, digits in enumerate(digits_of):
        for grid in (*GRIDS, TOO_SMALL):
            if dataset.split_of(replicate) == replicate:
                _pixels(out, cfg, digits, replicate, grid)
            _few_pixels(out, cfg, digits, replicate, grid)
    for kind, names in KINDS.items():
        for grid, name in names.items():
            model = lab.models[name]
            for replicate in progress(model.replicates, f"what the maps of {name} show"):
                network, digits = model.network(replicate), digits_of[replicate]
                train, test = (encode(network, torch.from_numpy(part)[:, None]) for part in (digits.train, digits.test))
                rng = np.random.default_rng((cfg.seed, grid, replicate))
                maps = LatentMaps(name, grid, replicate, train, test)
                _structure(out, cfg, digits, maps, rng)
                _probes(out, cfg, digits, maps, kind, rng)
                _copies(out, digits, maps)
                if replicate == 0:
                    out.add("latents", test.mean.shape[1], {"model": name})
                    _panels(out, examples, maps, rng)
                if kind == "dense":
                    placed = _arrangements(out, digits, maps, rng)
                    if replicate == 0:
                        out.picture(f"{name} placed", placed[examples])
    return out


def _pixels(out: Outcome, cfg: Maps, digits: Digits, replicate: int, grid: int) -> None:
    """Accuracy of probes of `grid` x `grid` pixels, trained on all digits of a split; each split has one."""
    accuracy = _pixel_accuracy(cfg, digits, np.arange(len(digits.labels)), grid)
    condition = {"input": "pixels", "side": grid, "examples": ALL}
    out.add("probe_accuracy", accuracy, condition, replicate, unit="proportion", n=len(digits.test))


def _few_pixels(out: Outcome, cfg: Maps, digits: Digits, replicate: int, grid: int) -> None:
    """The same of probes trained on few of each digit, mean over random sets of these."""
    rng = np.random.default_rng((cfg.seed, replicate))
    sets = [few_of_each(digits.labels, cfg.shots, rng) for _ in range(cfg.draws)]
    accuracy = np.mean([_pixel_accuracy(cfg, digits, rows, grid) for rows in sets])
    out.add("probe_accuracy", accuracy, {"input": "pixels", "side": grid, "examples": FEW}, replicate)


def _pixel_accuracy(cfg: Maps, digits: Digits, rows: np.ndarray, grid: int) -> float:
    """Share of test digits, `grid` x `grid` pixels, that a probe trained on `rows` of the training digits tells."""
    train, test = downsampled(digits.train[rows], grid), downsampled(digits.test, grid)
    predicted = logistic_probe(train, digits.labels[rows], test, cfg.penalty)
    return float((predicted == digits.test_labels).mean())


def _structure(out: Outcome, cfg: Maps, digits: Digits, maps: LatentMaps, rng: np.random.Generator) -> None:
    """Spatial autocorrelation, correlation with the image and retrieval, against permuted sites."""
    mean_map = maps.train.mean(axis=0)
    train_refs, test_refs = references(digits.train, maps.grid), references(digits.test, maps.grid)
    orders = {
        OWN: [np.arange(maps.grid**2)],
        PERMUTED: [rng.permutation(maps.grid**2) for _ in range(cfg.permutations)],
    }
    for sites, tried in orders.items():
        condition = maps.condition | {"sites": sites}
        likeness = np.mean([np.nanmean(morans_i(_reordered(maps.test - mean_map, order))) for order in tried])
        out.add("map_morans_i", likeness, condition, maps.replicate)
        found = [_best_match(cfg, maps, order, train_refs, test_refs) for order in tried[: cfg.matched_permutations]]
        for quantity in found[0]:
            out.add(quantity, np.mean([item[quantity] for item in found]), condition, maps.replicate)


def _arrangements(out: Outcome, digits: Digits, maps: LatentMaps, rng: np.random.Generator) -> np.ndarray:
    """Moran's I of a folded vector with its latents ordered by KL, or placed where the intensity is most like them.

    The null of the second takes the intensity of other images. Returns the test maps in the second arrangement.
    """
    cells = maps.grid**2
    train, test = (item.reshape(-1, cells) for item in (maps.train, maps.test))
    intensity = downsampled(digits.train, maps.grid).reshape(-1, cells)
    kl = kl_to_prior(train, maps.train_codes.std).mean(axis=0)
    arranged = {
        "by KL": (np.argsort(-kl), np.ones(cells)),
        "by other images": placed_by_intensity(train, intensity[rng.permutation(len(intensity))]),
        "by intensity": placed_by_intensity(train, intensity),
    }
    centred = test - train.mean(axis=0)
    for sites, (order, signs) in arranged.items():
        likeness = np.nanmean(morans_i((signs * centred[:, order]).reshape(maps.test.shape)))
        out.add("map_morans_i", likeness, maps.condition | {"sites": sites}, maps.replicate)
    order, signs = arranged["by intensity"]
    return (signs * test[:, order]).reshape(maps.test.shape).astype(np.float32)


def _reordered(maps: np.ndarray, order: np.ndarray) -> np.ndarray:
    return maps.reshape(len(maps), -1)[:, order].reshape(maps.shape)


def _best_match(
    cfg: Maps,
    maps: LatentMaps,
    order: np.ndarray,
    train_refs: Mapping[str, np.ndarray],
    test_refs: Mapping[str, np.ndarray],
) -> dict[str, float]:
    """Correlation of maps with their own images and with others', and retrieval.

    The mean map and the mean image are subtracted; of intensity and edges, positive and negative, the view with the
    best retrieval on validation images is taken.
    """
    train, test = _reordered(maps.train, order), _reordered(maps.test, order)
    validation = slice(0, cfg.validation)

    def accuracy(view: View) -> float:
        refs = train_refs[view.reference]
        found = scores(view, train[validation], refs[validation], train.mean(axis=0), refs.mean(axis=0))
        return float(retrieval(found, cfg.candidates).mean())

    view = max((view for view in views() if view.centred), key=accuracy)
    refs = test_refs[view.reference]
    found = scores(view, test, refs, train.mean(axis=0), train_refs[view.reference].mean(axis=0))
    own = float(np.diag(found).mean())
    others = float((found.sum() - np.trace(found)) / (found.size - len(found)))
    return {
        "map_correlation_excess": own - others,
        "map_margin": float(margin_of_own(found).mean()),
        "map_retrieval": float(retrieval(found, cfg.candidates).mean()),
        "map_retrieval_of_all": float(retrieval(found, len(found)).mean()),
        "map_plain_correlation": max(_plain_correlation(test, images) for images in test_refs.values()),
    }


def _plain_correlation(maps: np.ndarray, images: np.ndarray) -> float:
    """Mean absolute correlation of each map with its own image, nothing subtracted."""
    found = scores(View("intensity", 1, False), maps, images, maps[0], images[0])
    return float(np.abs(np.diag(found)).mean())


def _probes(out: Outcome, cfg: Maps, digits: Digits, maps: LatentMaps, kind: str, rng: np.random.Generator) -> None:
    """How well the digit is predicted from the map, by probes trained on maps and from labelled images alone."""
    condition = {"input": kind, "side": maps.grid}
    rows = {ALL: np.arange(len(digits.labels)), FEW: few_of_each(digits.labels, cfg.shots, rng)}
    for examples, chosen in rows.items():
        predicted = logistic_probe(maps.train[chosen], digits.labels[chosen], maps.test, cfg.penalty)
        accuracy = (predicted == digits.test_labels).mean()
        out.add("probe_accuracy", accuracy, condition | {"examples": examples}, maps.replicate)
    refs, validation, rest = references(digits.train, maps.grid), slice(0, cfg.validation), slice(cfg.validation, None)

    def zero_shot(view: View, seen: np.ndarray, labels: np.ndarray) -> float:
        predicted = zero_shot_predict(view, seen, refs[view.reference][rest], digits.labels[rest])
        return float((predicted == labels).mean())

    view = max(views(), key=lambda item: zero_shot(item, maps.train[validation], digits.labels[validation]))
    out.add("zero_shot_accuracy", zero_shot(view, maps.test, digits.test_labels), maps.condition, maps.replicate)


def _copies(out: Outcome, digits: Digits, maps: LatentMaps) -> None:
    """Whether the map is a linear copy of the image, and its KL."""
    intensity, test_intensity = (
        downsampled(images, maps.grid).reshape(-1, maps.grid**2) for images in (digits.train, digits.test)
    )
    train, test = maps.train.reshape(intensity.shape), maps.test.reshape(test_intensity.shape)
    r2 = r2_on_image(train, intensity, test, test_intensity)
    out.add("map_r2_on_image", r2, maps.condition, maps.replicate)
    out.add("map_kl", maps.test_codes.kl.mean(), maps.condition, maps.replicate, unit="nats")


def _panels(out: Outcome, examples: np.ndarray, maps: LatentMaps, rng: np.random.Generator) -> None:
    """Mean, standard deviation and KL of each site for one test image of each digit."""
    shape = (len(examples), maps.grid, maps.grid)
    mean, std = (item[examples].reshape(shape) for item in (maps.test_codes.mean, maps.test_codes.std))
    order = rng.permutation(maps.grid**2)
    panels = {"mean": mean, "std": std, "KL": kl_to_prior(mean, std), "permuted": _reordered(mean, order)}
    for key, values in panels.items():
        out.picture(f"{maps.name} {key}", values.astype(np.float32))
