"""Generators, walks and reconstructions of the study of faces: planted cases, and every claim at smoke size."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from study_fixture import dataset

from soapbubble.autoencoders.face_store import FaceLatents
from soapbubble.autoencoders.face_train import encode_faces
from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge
from soapbubble.claims.schema import read_claims, read_sources
from soapbubble.claims.thresholds import thresholds
from soapbubble.config.face_autoencoders import FaceAutoencoder
from soapbubble.data.dataset import Dataset
from soapbubble.data.face_factors import NAMES, sample
from soapbubble.data.face_renderer import render
from soapbubble.figures.drawing import draw
from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement
from soapbubble.models.face_autoencoder import build_face_autoencoder
from soapbubble.parts.loading import load
from soapbubble.studies.faces import reconstruction, superposition
from soapbubble.studies.faces.directions import turned
from soapbubble.studies.faces.figures import directions as walk_figures
from soapbubble.studies.faces.figures import generators as generator_figures
from soapbubble.studies.faces.figures import reconstruction as reconstruction_figures
from soapbubble.studies.faces.latents import CASES

pytest_plugins = ["decoders_fixture"]

ROOT = Path(__file__).parents[1]
PARTS = ("evaluator", "generators", "directions", "reconstruction", "superposition", "variants")
MODELS = ("faces-case-1", "faces-case-2")
SPEC = FaceAutoencoder(filters=[4, 8, 8], kernels=[3, 3, 3], decoder_filters=[8, 4], decoder_kernels=[3, 3, 3], z_dim=6)
CLAIMS_FILE = ROOT / "claims/faces.yaml"
# What the part on boxes finds, which needs latents of more sizes.
OUTSIDE = [
    Measurement("ellipsoid_share", {"model": case, "source": "axes shuffled"}, replicate, 0.0, "proportion", 40)
    for case in CASES
    for replicate in range(2)
]


@dataclass
class Model:
    """Networks as they are before training, with the interface of a trained model."""

    name: str
    faces: Dataset
    spec: FaceAutoencoder = SPEC

    def __post_init__(self):
        self.replicates = range(2)
        self.train, self.test = len(self.faces.train), len(self.faces.test)

    def network(self, replicate):
        return build_face_autoencoder(self.spec, self.faces.images.shape[1], replicate).eval()

    untrained = network

    def latents(self, replicate):
        rows = encode_faces(self.network(replicate), self.faces.of_replicate(replicate).images)
        return FaceLatents(rows[: self.train], rows[self.train :])

    untrained_latents = latents


@pytest.fixture(scope="module")
def outcomes():
    factors = sample(60, 3)
    faces = render(factors, 32)
    photos = np.random.default_rng(1).integers(0, 256, (8, 40, 40, 3), dtype=np.uint8)

    drawn = dataset("faces", faces, 20, {"factors": factors}, factor_names=NAMES)
    data = {"faces": drawn, "photos": dataset("photos", photos, 4)}
    config = load([ROOT / "config.yaml", ROOT / "config/smoke.yaml"])
    lab = Lab(data, faces={name: Model(name, drawn) for name in MODELS})
    modules = {part: import_module(f"soapbubble.studies.faces.{part}") for part in PARTS}
    return {part: module.measure(getattr(config.faces, part), lab) for part, module in modules.items()}


def rows_of(outcomes):
    return [row for outcome in outcomes.values() for row in outcome.rows]


def own_claims():
    claims = read_claims(CLAIMS_FILE, read_sources(ROOT / "claims/sources.yaml"))
    start = next(place for place, claim in enumerate(claims) if claim.id == "fii-gaussian-generator-needs-moments")
    return claims[start:]


@pytest.mark.parametrize("claim", own_claims(), ids=lambda claim: claim.id)
def test_every_claim_finds_its_measurements(outcomes, claim):
    rows = [*rows_of(outcomes), *OUTSIDE]
    assert judge(claim, Table(rows), [], {"faces": "built-in", "photos": "built-in"})["verdict"]


def test_the_mean_face_and_a_blur_are_measured_beside_every_task(outcomes):
    rows = outcomes["variants"].rows
    tasks = {(row.condition["task"], row.condition["of"]) for row in rows if row.quantity == "task_gain"}
    beside = [row for row in rows if row.quantity == "baseline_gain"]
    found = {(row.condition["by"], row.condition["task"], row.condition["of"]) for row in beside}
    assert found == {(by, *task) for by in ("mean face", "box blur") for task in tasks}
    blurred_grey = {"by": "box blur", "task": "colouring", "of": "colours alone"}
    gains = [row.value for row in beside if row.condition == blurred_grey]
    assert gains == pytest.approx([0] * len(gains), abs=1e-3)  # a blur of a grey image is grey


def test_vectors_beside_training_codes_are_found_to_be_copies(outcomes):
    copied = {
        row.condition["generator"]: row.value for row in outcomes["generators"].rows if row.quantity == "copied_share"
    }
    assert copied["near training codes"] > 0.5 > copied["uniform"]


@pytest.mark.parametrize(
    ("part", "function"),
    [
        ("generators", generator_figures.generators),
        ("generators", generator_figures.generated),
        ("generators", generator_figures.generated_others),
        ("directions", walk_figures.walks),
        ("reconstruction", reconstruction_figures.reconstructed),
    ],
)
def test_figures_are_drawn(outcomes, tmp_path, part, function):
    config = load([ROOT / "config.yaml", ROOT / "config/smoke.yaml"])
    outcome = outcomes[part]
    name = f"faces-{function.__name__}"
    file = tmp_path / f"{name}.png"
    draw(function, found(outcome.rows, outcome.pictures, thresholds(CLAIMS_FILE)), config.plot, {file: file})
    assert file.stat().st_size > 2000


def test_a_turn_keeps_the_length_and_moves_the_end_as_far_as_was_said(rng):
    codes, towards = rng.standard_normal((2, 20, 8)).astype(np.float32)
    moved = turned(codes, towards, 0.5)
    length = np.linalg.norm(codes, axis=1)
    assert np.linalg.norm(moved, axis=1) == pytest.approx(length, rel=1e-5)
    assert np.linalg.norm(moved - codes, axis=1) == pytest.approx(0.5 * length, rel=1e-5)


def test_the_superposition_index_is_zero_for_what_adds_up_and_known_for_squares():
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.0]])
    found = superposition.superposition_indices({"affine": torch.nn.Linear(2, 5)}, a, b)
    assert found["affine"] == pytest.approx(0, abs=1e-6)
    # (1 + 1)^2 - 1 - 1 = 2 of 4; of fourth powers 14 of 16.
    found = superposition.superposition_indices({"square": torch.square, "fourth power": torch.square}, a, b)
    assert found == pytest.approx({"square": 0.5, "fourth power": 14 / 16})


def test_directions_of_a_jacobian_are_counted_from_the_strongest():
    stretch = torch.diag(torch.tensor([3.0, 1.0, 1.0, 0.1]))

    def function(latents):
        return latents @ stretch

    point = torch.zeros(4)
    assert superposition.jacobian_directions(function, point, 0.8) == 1
    assert superposition.jacobian_directions(function, point, 0.95) == 3
    assert superposition.jacobian_directions(function, point, 0.9999) == 4


def test_hair_lies_above_the_face_and_detail_is_what_a_blur_takes(rng):
    hair, face = reconstruction.region("hair", 64), reconstruction.region("face", 64)
    assert not (hair & face).any()
    assert np.flatnonzero(hair.any(axis=1)).mean() < np.flatnonzero(face.any(axis=1)).mean()
    flat = np.full((2, 3, 64, 64), 0.5, np.float32)
    assert np.abs(reconstruction.fine_detail(flat)).max() < 1e-6
    noise = rng.standard_normal((2, 3, 64, 64)).astype(np.float32)
    assert reconstruction.fine_detail(noise).std() > 0.8
