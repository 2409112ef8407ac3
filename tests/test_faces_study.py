"""The study of face latents on planted latents: what the post describes is found, and what it does not is not."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from soapbubble.autoencoders.face_store import FaceLatents
from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge
from soapbubble.claims.schema import read_claims, read_sources
from soapbubble.claims.thresholds import thresholds
from soapbubble.data.dataset import Card, Dataset
from soapbubble.figures.drawing import draw
from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.parts.loading import load
from soapbubble.studies.faces.formulas import mu_of_table, widths_of_table

ROOT = Path(__file__).parents[1]
CONFIG = load([ROOT / "config.yaml", ROOT / "config/smoke.yaml"])
PARTS = ("formulas", "marginals", "boxes", "lengths", "components")
FIGURES = {
    "marginals": ("all_axes", "dominant_axes"),
    "boxes": ("hits",),
    "lengths": ("lengths",),
    "components": ("spectra",),
}
CLAIMS = {item.id: item for item in read_claims(ROOT / "claims/faces.yaml", read_sources(ROOT / "claims/sources.yaml"))}
TRAIN, TEST = 900, 200
# More than in a smoke run, for verdicts.
MORE = {"components": {"pair_points": 800}, "boxes": {"vectors": 8000, "judged": 8000}}


def as_the_post_says(rng, dimension):
    """Independent normal axes with the peaks and widths of the post's table, half of the whole width; or fewer axes."""
    order = rng.permutation(256)
    mean, width = mu_of_table()[order], widths_of_table(0.96)[order]
    if dimension < 256:
        mean, width = mean[:dimension], width[:dimension]
    return lambda count: mean + width / 1.1774 * rng.standard_normal((count, dimension))


def on_few_directions(rng, dimension):
    """Exponential numbers on a handful of directions in general position, far from the origin: nothing of the kind."""
    directions = rng.standard_normal((min(5, dimension), dimension))
    offset = 3 * rng.standard_normal(dimension)
    return lambda count: (
        offset
        + rng.exponential(size=(count, len(directions))) @ directions
        + 0.02 * rng.standard_normal((count, dimension))
    )


class Planted:
    """What parts ask of a trained model, with latents from `kind`."""

    def __init__(self, kind, dimension, seed):
        self.replicates = range(3)
        self._draw = [kind(np.random.default_rng((seed, dimension, number)), dimension) for number in self.replicates]
        self._drawn = {}

    def latents(self, replicate):
        if replicate not in self._drawn:
            rows = self._draw[replicate](TRAIN + TEST).astype(np.float32)
            self._drawn[replicate] = FaceLatents(rows[:TRAIN], rows[TRAIN:])
        return self._drawn[replicate]

    def untrained_latents(self, replicate):
        return self.latents((replicate + 1) % 3)


def lab_of(kind):
    sizes = {f"faces-case-1-z{z}": z for z in (2, 3, 8, 32, 64, 128)}
    models = {
        name: Planted(kind, dimension, seed)
        for seed, (name, dimension) in enumerate({"faces-case-1": 256, "faces-case-2": 256, **sizes}.items())
    }
    images = np.random.default_rng(1).integers(0, 256, (48, 8, 8, 3), dtype=np.uint8)
    card = Card(
        name="faces",
        source="noise",
        licence="-",
        tier="built-in",
        shape=images.shape,
        sha256="",
        splits={"train": 40, "test": 8},
    )
    return Lab({"faces": Dataset("faces", images, card, {})}, faces=models)


def settings(part):
    return getattr(CONFIG.faces, part).model_copy(update=MORE.get(part, {}))


@pytest.fixture(scope="module")
def outcomes():
    made = {}
    for kind in (as_the_post_says, on_few_directions):
        lab = lab_of(kind)
        made[kind] = {
            part: import_module(f"soapbubble.studies.faces.{part}").measure(settings(part), lab) for part in PARTS
        }
    return made


@pytest.fixture(scope="module")
def tables(outcomes):
    return {kind: Table([row for part in found.values() for row in part.rows]) for kind, found in outcomes.items()}


def judged(claim, table):
    return judge(CLAIMS[claim], table, [], {"faces": "built-in"})["verdict"]


@pytest.mark.parametrize(
    ("claim", "post", "other"),
    [
        ("fii-components-look-gaussian", "supported", "refuted"),
        ("fii-mu-zero-for-90pct-axes", "supported", "refuted"),
        ("fii-at-most-10-axes-mu-ge-1", "supported", None),
        ("fii-at-most-40-axes-hw-ge-1", "supported in direction only", None),
        ("fii-center-close-to-few-axes", "supported", "refuted"),
        ("fii-two-dominant-components-correlated", "refuted", "supported"),
        ("answer-strong-linear-correlations", "refuted", "supported"),
        ("answer-nearly-multivariate-normal", None, "refuted"),
        ("oq-fii-correlations-next-post", "refuted", "supported"),
        ("oq-fii-pca-analysis-announced", "refuted", "supported"),
        ("fii-points-concentrate-at-region-center", "refuted", None),
        ("fii-erratum-concentration-at-center", "supported", None),
        ("fii-half-width-definition", "supported", None),
    ],
)
def test_planted_latents_get_the_verdict_that_they_deserve(tables, claim, post, other):
    for kind, expected in ((as_the_post_says, post), (on_few_directions, other)):
        if expected is not None:
            assert judged(claim, tables[kind]) == expected, kind.__name__


def test_counting_agrees_with_the_product_of_covered_shares(tables):
    assert judged("oq-fii-scan-program-left-to-reader", tables[as_the_post_says]) == "supported"


@pytest.mark.parametrize("part", FIGURES)
def test_every_figure_is_drawn(outcomes, part, tmp_path):
    outcome = outcomes[as_the_post_says][part]
    lines = thresholds(ROOT / "claims/faces.yaml")
    module = import_module(f"soapbubble.studies.faces.figures.{part}")
    for name in FIGURES[part]:
        path = tmp_path / f"{name}.png"
        draw(getattr(module, name), found(outcome.rows, outcome.pictures, lines), CONFIG.plot, {path: path})
        assert path.stat().st_size > 5000
