"""What can be seen in latent maps: with one channel at three resolutions, and in a vector that is folded into a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from soapbubble.autoencoders.codes import Codes, encode
from soapbubble.autoencoders.pictures import Pictures, digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.matching import retrieval
from soapbubble.stats.spatial import morans_i
from soapbubble.studies.bottleneck.reading import (
    View,
    copy_share,
    downsampled,
    few_of_each,
    lead_of_own,
    placed_by_ink,
    references,
    scores,
    site_readout,
    taught,
    views,
    zero_shot,
)


class Maps(Part):
    """What can be seen in latent maps."""

    seed: int = setting(21000, ge=0, doc="seed of the random numbers")
    # all originals of the built-in digits
    train: int = setting(1300, smoke=144, ge=40, doc="originals that readers learn from")
    test: int = setting(360, smoke=40, ge=20, doc="originals on which they are tested")
    tuned: int = setting(300, smoke=40, ge=20, doc="training originals on which the way of looking at maps is chosen")
    # chance is right once in ten
    candidates: int = setting(10, ge=2, le=20, doc="pictures among which a map must find its own")
    permutations: int = setting(50, smoke=5, ge=1, doc="orders of the sites for the null")
    matched_permutations: int = setting(5, smoke=1, ge=1, doc="of those, orders that are also matched with pictures")
    penalty: float = setting(0.001, gt=0, doc="weight of the squared coefficients of logistic regression, a share of n")
    shots: int = setting(10, smoke=3, ge=1, doc="examples of each digit that a reader with little practice learns from")
    draws: int = setting(10, smoke=2, ge=2, doc="drawings of those")

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
OWN, PERMUTED = "own order", "permuted"
ALL, FEW = "all", "few"


@dataclass(frozen=True)
class Shown:
    """Pictures of originals, each once: those that readers learn from, and those that they are tested on."""

    train: np.ndarray
    labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray
    train_rows: np.ndarray
    test_rows: np.ndarray

    @classmethod
    def of(cls, pictures: Pictures, train: int, test: int) -> Shown:
        """One picture of each original, at most `train` and `test` of them."""
        train_rows = np.unique(pictures.train_origin, return_index=True)[1][:train]
        test_rows = np.unique(pictures.test_origin, return_index=True)[1][:test]
        return cls(
            digits_only(pictures.train[train_rows]),
            pictures.train_labels[train_rows],
            digits_only(pictures.test[test_rows]),
            pictures.test_labels[test_rows],
            train_rows,
            test_rows,
        )


def measure(cfg: Maps, lab: Lab) -> Outcome:
    """How much of the input latent maps show, to statistics and to readers, against permuted sites and dense vectors.

    A replicate is a network; the pictures are the same for all. Maps are means of codes of pictures, (grid, grid), and
    what is taken for a map's picture is its ink or its edges, averaged to the same raster.
    """
    out = Outcome()
    pictures = lab.models[CONVOLUTIONAL[GRIDS[0]]].pictures(lab.data["digits"])
    shown = Shown.of(pictures, cfg.train, cfg.test)
    accuracies = {grid: _pixels(out, cfg, shown, grid) for grid in GRIDS}
    panels: dict[str, np.ndarray] = {}
    for kind, names in KINDS.items():
        for grid, name in names.items():
            model = lab.models[name]
            out.add("map_parameters", model.parameters, {"model": name})
            for replicate in progress(model.replicates, f"what the maps of {name} show"):
                network = model.network(replicate)
                train = encode(network, pictures.train[shown.train_rows])
                test = encode(network, pictures.test[shown.test_rows])
                rng = np.random.default_rng((cfg.seed, grid, replicate))
                maps = _Maps(name, grid, replicate, train, test)
                _structure(out, cfg, shown, maps, rng)
                _readers(out, cfg, shown, maps, kind, accuracies[grid], rng)
                _copies(out, shown, maps)
                if replicate == 0:
                    out.add("latent_numbers", test.mean.shape[1], {"model": name})
                    panels |= _panels(shown, maps, rng)
                if kind == "dense":
                    placed = _arrangements(out, shown, maps, rng)
                    panels.setdefault(f"{name}-placed", placed[_one_of_each_digit(shown.test_labels)])
    _figures(out, shown, panels, cfg.candidates)
    return out


@dataclass(frozen=True)
class _Maps:
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


def _pixels(out: Outcome, cfg: Maps, shown: Shown, grid: int) -> float:
    """How well digits of `grid` x `grid` pixels are read; the accuracy with all examples."""
    train, test = downsampled(shown.train, grid), downsampled(shown.test, grid)
    condition = {"shown": "pixels", "side": grid}
    right = float((taught(train, shown.labels, test, cfg.penalty) == shown.test_labels).mean())
    out.add("read_accuracy", right, condition | {"examples": ALL}, 0, unit="proportion", n=len(test))
    for draw in range(cfg.draws):
        few = few_of_each(shown.labels, cfg.shots, np.random.default_rng((cfg.seed, draw)))
        read = taught(train[few], shown.labels[few], test, cfg.penalty)
        out.add("read_accuracy", (read == shown.test_labels).mean(), condition | {"examples": FEW}, draw)
    return right


def _structure(out: Outcome, cfg: Maps, shown: Shown, maps: _Maps, rng: np.random.Generator) -> None:
    """Likeness of neighbours, and correlation with the picture, retrieval and readout, against permuted sites."""
    mean_map = maps.train.mean(axis=0)
    train_refs, test_refs = references(shown.train, maps.grid), references(shown.test, maps.grid)
    orders = {
        OWN: [np.arange(maps.grid**2)],
        PERMUTED: [rng.permutation(maps.grid**2) for _ in range(cfg.permutations)],
    }
    likeness = {
        sites: np.mean([np.nanmean(morans_i(_reordered(maps.test - mean_map, order))) for order in tried])
        for sites, tried in orders.items()
    }
    for sites, value in likeness.items():
        out.add("map_morans_i", value, maps.condition | {"sites": sites}, maps.replicate)
    out.add("map_morans_excess", likeness[OWN] - likeness[PERMUTED], maps.condition, maps.replicate)
    for sites, tried in orders.items():
        found = [_best_match(cfg, maps, order, train_refs, test_refs) for order in tried[: cfg.matched_permutations]]
        condition = maps.condition | {"sites": sites}
        for quantity in found[0]:
            value = np.mean([item[quantity] for item in found])
            out.add(quantity, value, condition, maps.replicate)
    flat_ink, flat_test_ink = (refs["ink"].reshape(-1, maps.grid**2) for refs in (train_refs, test_refs))
    for sites, tried in orders.items():
        order = tried[0]
        train, test = (item.reshape(-1, maps.grid**2)[:, order] for item in (maps.train, maps.test))
        explained = site_readout(train, flat_ink, test, flat_test_ink)
        out.add("site_readout_share", explained, maps.condition | {"sites": sites}, maps.replicate)


def _arrangements(out: Outcome, shown: Shown, maps: _Maps, rng: np.random.Generator) -> np.ndarray:
    """Likeness of neighbours in a folded vector whose latents are put in order of rate, or where the ink is like them.

    The null of the second takes the ink of other pictures. Returns the test maps in the second arrangement.
    """
    cells = maps.grid**2
    train, test = (item.reshape(-1, cells) for item in (maps.train, maps.test))
    ink = downsampled(shown.train, maps.grid).reshape(-1, cells)
    deviation = maps.train_codes.deviation.astype(np.float64)
    rates = (train**2 + deviation**2 - 1 - 2 * np.log(deviation)).mean(axis=0)
    arranged = {
        "by rate": (np.argsort(-rates), np.ones(cells)),
        "by other ink": placed_by_ink(train, ink[rng.permutation(len(ink))]),
        "by ink": placed_by_ink(train, ink),
    }
    centred = test - train.mean(axis=0)
    for sites, (order, signs) in arranged.items():
        likeness = np.nanmean(morans_i((signs * centred[:, order]).reshape(maps.test.shape)))
        out.add("map_morans_i", likeness, maps.condition | {"sites": sites}, maps.replicate)
    order, signs = arranged["by ink"]
    return (signs * test[:, order]).reshape(maps.test.shape).astype(np.float32)


def _reordered(maps: np.ndarray, order: np.ndarray) -> np.ndarray:
    return maps.reshape(len(maps), -1)[:, order].reshape(maps.shape)


def _best_match(
    cfg: Maps,
    maps: _Maps,
    order: np.ndarray,
    train_refs: Mapping[str, np.ndarray],
    test_refs: Mapping[str, np.ndarray],
) -> dict[str, float]:
    """Correlation of maps with their own pictures and with others', and retrieval.

    The mean map and the mean picture are taken away; ink or edges, upright or as a negative, whichever the training
    pictures favour.
    """
    train, test = _reordered(maps.train, order), _reordered(maps.test, order)
    tuned = slice(0, cfg.tuned)

    def lead(view: View) -> float:
        refs = train_refs[view.reference]
        found = scores(view, train[tuned], refs[tuned], train.mean(axis=0), refs.mean(axis=0))
        return float(retrieval(found, cfg.candidates).mean())

    view = max((view for view in views() if view.centred), key=lead)
    refs = test_refs[view.reference]
    found = scores(view, test, refs, train.mean(axis=0), train_refs[view.reference].mean(axis=0))
    own = float(np.diag(found).mean())
    others = float((found.sum() - np.trace(found)) / (found.size - len(found)))
    seen = {name: _plain_correlation(test, test_refs[name]) for name in test_refs}
    return {
        "map_correlation": own,
        "map_correlation_excess": own - others,
        "map_lead": float(lead_of_own(found).mean()),
        "map_retrieval": float(retrieval(found, cfg.candidates).mean()),
        "map_retrieval_of_all": float(retrieval(found, len(found)).mean()),
        "map_plain_correlation": max(seen.values()),
    }


def _plain_correlation(maps: np.ndarray, pictures: np.ndarray) -> float:
    """Mean size of the correlation of each map with its own picture, both as they are."""
    found = scores(View("ink", 1, False), maps, pictures, maps[0], pictures[0])
    return float(np.abs(np.diag(found)).mean())


def _readers(
    out: Outcome, cfg: Maps, shown: Shown, maps: _Maps, kind: str, pixels: float, rng: np.random.Generator
) -> None:
    """How well the digit is read in the map: by a reader taught with maps, and by one who only knows pictures."""
    condition = {"shown": kind, "side": maps.grid}
    right = (taught(maps.train, shown.labels, maps.test, cfg.penalty) == shown.test_labels).mean()
    few = few_of_each(shown.labels, cfg.shots, rng)
    few_right = (taught(maps.train[few], shown.labels[few], maps.test, cfg.penalty) == shown.test_labels).mean()
    out.add("read_accuracy", right, condition | {"examples": ALL}, maps.replicate)
    out.add("read_accuracy", few_right, condition | {"examples": FEW}, maps.replicate)
    out.add("read_accuracy_gap", pixels - right, condition, maps.replicate)
    refs, tuned = references(shown.train, maps.grid), slice(0, cfg.tuned)
    rest = slice(cfg.tuned, None)

    def read(view: View, seen: np.ndarray, labels: np.ndarray) -> float:
        return float((zero_shot(view, seen, refs[view.reference][rest], shown.labels[rest]) == labels).mean())

    view = max(views(), key=lambda item: read(item, maps.train[tuned], shown.labels[tuned]))
    out.add("zero_shot_accuracy", read(view, maps.test, shown.test_labels), maps.condition, maps.replicate)


def _copies(out: Outcome, shown: Shown, maps: _Maps) -> None:
    """Whether the map is the picture itself, and how much it tells of it."""
    ink, test_ink = (downsampled(images, maps.grid).reshape(-1, maps.grid**2) for images in (shown.train, shown.test))
    train, test = maps.train.reshape(ink.shape), maps.test.reshape(test_ink.shape)
    signal = train.var(axis=0)
    noise = np.square(maps.train_codes.deviation, dtype=np.float64).mean(axis=0)
    out.add("map_copy_share", copy_share(train, ink, test, test_ink), maps.condition, maps.replicate)
    out.add("map_rate", maps.test_codes.rates.mean(), maps.condition, maps.replicate, unit="nats")
    capacity = 0.5 * np.log1p(signal / noise).sum()
    out.add("map_capacity", capacity, maps.condition, maps.replicate, unit="nats")


def _panels(shown: Shown, maps: _Maps, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Mean, deviation and rate of each site for one test picture of each digit."""
    rows = _one_of_each_digit(shown.test_labels)
    shape = (len(rows), maps.grid, maps.grid)
    mean, deviation = (item[rows].reshape(shape) for item in (maps.test_codes.mean, maps.test_codes.deviation))
    rate = 0.5 * (mean**2 + deviation**2 - 1 - 2 * np.log(deviation))
    order = rng.permutation(maps.grid**2)
    arrays = {"mean": mean, "deviation": deviation, "rate": rate, "permuted": _reordered(mean, order)}
    return {f"{maps.name}-{key}": value.astype(np.float32) for key, value in arrays.items()}


def _one_of_each_digit(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_index=True)[1]


def _figures(out: Outcome, shown: Shown, panels: Mapping[str, np.ndarray], candidates: int) -> None:
    rows = _one_of_each_digit(shown.test_labels)
    pictures = np.round(255 * shown.test[rows]).astype(np.uint8)
    for grid, name in CONVOLUTIONAL.items():
        mine = {key.removeprefix(f"{name}-"): value for key, value in panels.items() if key.startswith(f"{name}-")}
        out.figure(
            f"bottleneck-latent-panel-{grid}",
            pictures=pictures,
            mean=mine["mean"],
            deviation=mine["deviation"],
            rate=mine["rate"],
        )
    widest = GRIDS[-1]
    out.figure(
        "bottleneck-folded-vector",
        pictures=pictures,
        folded=panels[f"{DENSE[widest]}-mean"],
        permuted=panels[f"{DENSE[widest]}-permuted"],
        placed=panels[f"{DENSE[widest]}-placed"],
        convolutional=panels[f"{CONVOLUTIONAL[widest]}-mean"],
        morans_i=np.array(
            [
                _values(out, "map_morans_i", {"model": DENSE[widest], "sites": OWN}),
                _values(out, "map_morans_i", {"model": DENSE[widest], "sites": PERMUTED}),
                _values(out, "map_morans_i", {"model": DENSE[widest], "sites": "by ink"}),
                _values(out, "map_morans_i", {"model": CONVOLUTIONAL[widest], "sites": OWN}),
            ]
        ),
    )
    out.figure(
        "bottleneck-readability",
        sides=np.array(GRIDS),
        zero_shot=_by_side(out, "zero_shot_accuracy", CONVOLUTIONAL),
        **{
            f"{shown_as}-{examples}": np.array(
                [
                    _values(out, "read_accuracy", {"shown": shown_as, "side": grid, "examples": examples})
                    for grid in GRIDS
                ]
            )
            for shown_as in ("pixels", *KINDS)
            for examples in (ALL, FEW)
        },
    )
    arrays = {}
    for kind, names in KINDS.items():
        for quantity in ("map_copy_share", "map_rate", "map_capacity"):
            arrays[f"{kind}-{quantity}"] = _by_side(out, quantity, names)
        for quantity in ("map_retrieval", "map_morans_i"):
            arrays[f"{kind}-{quantity}"] = _by_side(out, quantity, names, {"sites": OWN})
    out.figure("bottleneck-copying", sides=np.array(GRIDS), chance=1 / candidates, **arrays)


def _by_side(
    out: Outcome, quantity: str, names: Mapping[int, str], rest: Mapping[str, object] = MappingProxyType({})
) -> np.ndarray:
    """Values (sides, replicates) of the models `names`."""
    return np.array([_values(out, quantity, {"model": names[grid]} | dict(rest)) for grid in GRIDS])


def _values(out: Outcome, quantity: str, condition: Mapping[str, object]) -> np.ndarray:
    return np.array([row.value for row in out.rows if row.quantity == quantity and dict(row.condition) == condition])
