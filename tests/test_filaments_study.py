"""The study of filaments at smoke size: every claim is decided, every figure drawn, planted curves are found."""

from dataclasses import dataclass

import numpy as np
import pytest
from study_fixture import CONFIG, Study, StudyTests, dataset

from soapbubble.autoencoders.face_store import FaceLatents
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement, Outcome
from soapbubble.measuring.autoencoder import encode
from soapbubble.measuring.images import as_tensor
from soapbubble.models.face_autoencoder import build_face_autoencoder
from soapbubble.studies.filaments import arithmetic, axes, clouds, power, statistics

STUDY = Study("filaments")
SIDE, TRAIN, TEST = 32, 60, 20


@dataclass(frozen=True)
class UntrainedFaces:
    """What parts read of a model of faces, with networks that were never trained."""

    faces: Dataset

    replicates = range(2)
    train, test, side = TRAIN, TEST, SIDE
    spec = CONFIG.face_autoencoders.models["faces-case-1"]

    def network(self, replicate):
        return build_face_autoencoder(self.spec, SIDE, seed=replicate).eval()

    untrained = network

    def latents(self, replicate):
        rows = encode(self.network(replicate), as_tensor(self.faces.of_replicate(replicate).images)).mean
        return FaceLatents(rows[:TRAIN], rows[TRAIN:])

    untrained_latents = latents


@pytest.fixture(scope="module")
def lab():
    images = np.random.default_rng(1).integers(0, 256, (TRAIN + TEST, SIDE, SIDE, 3), dtype=np.uint8)
    images = (images // 4 + np.linspace(0, 190, SIDE).astype(np.uint8)[:, None]).astype(np.uint8)
    data = {"faces": dataset("faces", images, TEST), "photos": dataset("photos", images[:8])}
    return Lab(data, faces={"faces-case-1": UntrainedFaces(data["faces"])})


def test_exact_claims_hold_or_fall_at_any_size(outcomes):
    rows = outcomes["arithmetic"].rows
    for claim in (
        "cii-erratum-axis-centers-52-221-swapped",
        "cii-erratum-off-center-axis-list",
        "cii-erratum-average-one-vs-rms-one",
        "cii-erratum-count-vs-volume-density",
        "cii-unit-gaussians-give-radius-16",
        "cii-average-component-one-gives-16",
    ):
        assert STUDY.judged(claim, rows) == "supported", claim


@pytest.mark.parametrize("part", ["geometry", "planes", "tsne"])
def test_a_rerun_gives_the_same_values(outcomes, lab, part):
    assert STUDY.measure(part, lab).rows == outcomes[part].rows


@pytest.mark.parametrize("name", [clouds.CURVE, clouds.SHEET, clouds.CLUSTERS])
def test_planted_structure_is_told_from_a_gaussian_cloud(name):
    rng = np.random.default_rng(3)
    spectrum = 1 / np.arange(1, 65)
    found_there, gaussian = (
        statistics.of_space(clouds.cloud(kind, 500, spectrum, rng)) for kind in (name, clouds.GAUSSIAN)
    )
    assert found_there[statistics.DIMENSION] < 0.8 * gaussian[statistics.DIMENSION]


def test_the_table_of_the_post_has_its_dominant_and_displaced_axes_and_an_even_cloud_has_none():
    rng, cfg = np.random.default_rng(4), CONFIG.filaments.axes
    found = {}
    for name, points in (("table", axes.table_cloud(1600, 256, rng)), ("even", rng.standard_normal((1600, 256)))):
        out = Outcome()
        axes._axes(out, cfg, axes._of_length(points, cfg.post_length), 0, "planted_")
        found[name] = {(row.quantity, row.condition.get("rank")): row.value for row in out.rows}
    assert 3 <= found["table"]["planted_displaced_axes", None] <= 8
    assert found["even"]["planted_displaced_axes", None] == 0
    assert found["table"]["planted_ranked_width", 1] == pytest.approx(5.5, rel=0.1)
    assert found["even"]["planted_ranked_width", 1] < 1.2
    assert 1.4 < found["table"]["planted_median_width", None] < 2.6


def test_centres_spread_lengths_where_axes_are_displaced_and_not_where_widths_differ():
    rng = np.random.default_rng(5)
    uneven = rng.standard_normal((1600, 64)) * np.linspace(0.2, 3, 64)
    shares = []
    for points in (1 + rng.standard_normal((1600, 64)), uneven):
        stds = {name: lengths.std() for name, lengths in axes.ladder(points, 20_000, rng).items()}
        excess = stds["with covariance"] - stds["equal axes"]
        shares.append((stds["with centres"] - stds["equal axes"]) / excess)
    assert shares[0] > 0.5 > shares[1]


def filament_rows(dimension, along):
    """Rows as `geometry` would write them for codes of that dimension; its controls as they are."""
    strings = {"curve": (1.0, 0.95), "wiggly curve": (1.0, 0.6), "blurred curve": (6.3, 0.83)}
    values = {"data": (dimension, along), **strings, "gaussian": (30.0, 0.15)}
    return [
        Measurement(quantity, {"cloud": cloud, **more}, replicate, value * (1 + 0.01 * replicate))
        for cloud, pair in values.items()
        for quantity, value, more in zip(
            ("intrinsic_dimension", "first_local_share"), pair, ({"neighbours": 2}, {}), strict=True
        )
        for replicate in range(3)
    ]


@pytest.mark.parametrize(
    ("dimension", "along", "verdict"),
    [(1.1, 0.93, "supported"), (1.0, 0.6, "supported"), (6.3, 0.85, "supported"), (17.0, 0.2, "refuted")],
    ids=["clean string", "string of many turns", "blurred string", "cloud"],
)
def test_the_filament_hypothesis_holds_for_filaments_and_falls_for_a_cloud(dimension, along, verdict):
    assert STUDY.judged("cii-filament-hypothesis", filament_rows(dimension, along)) == verdict


def test_the_readings_of_the_table_have_the_lengths_of_their_moments():
    rng = np.random.default_rng(4)
    for reading in arithmetic.readings().values():
        lengths = reading.lengths(50_000, rng)
        assert np.sqrt(np.mean(lengths**2)) == pytest.approx(np.sqrt(reading.mean_square), rel=0.01)


class TestStudy(StudyTests):
    pass


def test_each_replicate_is_compared_with_surrogates_of_its_own(lab, monkeypatch):
    drawn = {}

    def remember(out, room, found, surrogates, where, replicate):
        if room == "space":
            drawn[replicate] = surrogates["distance spread"]

    monkeypatch.setattr(power, "_compare", remember)
    power.measure(CONFIG.filaments.power, lab)
    assert len(np.unique(list(drawn.values()))) == sum(map(len, drawn.values()))
