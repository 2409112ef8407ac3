"""Evaluators of faces accept faces, reject what is planted as no face, and find photographed faces."""

import numpy as np
import pytest
from study_fixture import dataset

from soapbubble.data.dataset import Photograph
from soapbubble.data.face_factors import sample
from soapbubble.data.face_renderer import render
from soapbubble.lab import Lab
from soapbubble.measuring import non_faces
from soapbubble.measuring.face_cascade import FaceCascade
from soapbubble.measuring.face_evaluator import reduced, train_face_evaluator
from soapbubble.measuring.images import as_images
from soapbubble.measuring.non_faces import photographs_without_faces
from soapbubble.measuring.nulls import tiles_shuffled
from soapbubble.parts.declaration import declared_values
from soapbubble.parts.face_evaluator import EvaluatorSettings
from soapbubble.studies.faces.evaluator import Evaluator, measure

pytest_plugins = ["decoders_fixture"]

SHARE = 0.9


@pytest.fixture(scope="module")
def faces():
    return render(sample(360, 5), 32)


@pytest.fixture(scope="module")
def photos():
    rng = np.random.default_rng(2)
    return rng.random((6, 3, 12, 12)).repeat(4, axis=2).repeat(4, axis=3).astype(np.float32)


@pytest.fixture(scope="module")
def evaluator(faces, photos):
    images = as_images(faces[:300])
    return train_face_evaluator(
        images[:240],
        images[240:],
        photos,
        accepted=0.95,
        width=12,
        features=16,
        looks=4,
        steps=250,
        batch_size=32,
        lr=0.004,
        seed=1,
    )


def test_held_out_faces_are_accepted(evaluator, faces):
    assert evaluator.face_share(as_images(faces[300:])) > SHARE


@pytest.mark.parametrize("kind", ["blurred", "pixels shuffled", "upside down", "random phases", "negative colours"])
def test_planted_non_faces_are_rejected(evaluator, faces, kind):
    images = non_faces.corrupted(kind, as_images(faces[300:]), np.random.default_rng(3))
    assert evaluator.face_share(images) < 1 - SHARE


def test_faces_of_another_size_are_accepted_too(evaluator):
    assert evaluator.face_share(as_images(render(sample(400, 5)[360:], 64))) > SHARE


def test_features_keep_faces_apart(evaluator, faces):
    features = evaluator.features(as_images(faces[300:]))
    assert features.shape == (60, 16)
    assert np.linalg.matrix_rank(np.cov(features, rowvar=False)) == 16


def test_the_same_seed_gives_the_same_evaluator(faces, photos):
    settings = EvaluatorSettings(**declared_values(EvaluatorSettings, smoke=True)).model_dump(exclude={"seed", "faces"})
    images = as_images(faces[:40])
    one, two = (train_face_evaluator(images[:30], images[30:], photos, seed=7, **settings) for _ in range(2))
    assert np.array_equal(one.scores(images), two.scores(images))
    assert one.threshold == two.threshold


def test_reducing_takes_means_over_areas(rng):
    images = rng.random((2, 3, 64, 64)).astype(np.float32)
    assert np.allclose(reduced(images), images.reshape(2, 3, 32, 2, 32, 2).mean(axis=(3, 5)), atol=1e-6)


def test_the_cascade_finds_drawn_faces_and_none_in_their_shuffled_pixels():
    images = as_images(render(sample(12, 5), 64))
    cascade = FaceCascade()
    assert cascade.accepts(images).mean() > 0.5
    assert not cascade.accepts(non_faces.corrupted("pixels shuffled", images, np.random.default_rng(1))).any()


def test_a_jigsaw_keeps_the_tiles_and_moves_them(rng):
    image = rng.random((1, 3, 8, 8))
    mixed = non_faces.jigsaw(image, 4, rng)

    def tiles(x):
        return sorted(x[0, :, r : r + 4, c : c + 4].tobytes() for r in (0, 4) for c in (0, 4))

    assert tiles(mixed) == tiles(image)
    assert not np.array_equal(non_faces.jigsaw(rng.random((20, 3, 8, 8)), 4, rng), image)


def test_a_superposition_has_the_mean_and_variance_of_the_images(rng):
    images = rng.normal(0.5, 0.1, (2000, 1, 2, 2)).astype(np.float32)
    mixed = non_faces.superposed(images, 2.0, rng)
    assert mixed.mean(axis=0) == pytest.approx(images.mean(axis=0), abs=0.02)
    assert mixed.std(axis=0) == pytest.approx(2 * images.std(axis=0), rel=0.1)


def test_tiles_of_colour_images_keep_their_channels_together(rng):
    grey = rng.random((30, 1, 8, 8))
    mixed = tiles_shuffled(np.concatenate([grey, 2 * grey], axis=1), 4, rng)
    assert np.allclose(mixed[:, 1], 2 * mixed[:, 0])
    assert np.allclose(np.sort(mixed[:, 0, 0, 0]), np.sort(grey[:, 0, 0, 0]))


def test_the_photograph_of_a_face_is_no_example_of_no_face(photos):
    stored = np.round(255 * photos.transpose(0, 2, 3, 1)).astype(np.uint8)
    named = [Photograph(name=name, origin="-", licence="-") for name in ("coffee", "astronaut", "rocket")]
    photograph = {"photograph": np.array([0, 0, 1, 1, 2, 2])}
    photographs = dataset("photos", stored, 2, photograph, photographs=tuple(named))
    kept = photographs_without_faces(photographs, "train")
    assert len(kept) == 2
    assert np.allclose(as_images(kept), photos[:2], atol=0.01)


def test_the_part_tells_faces_from_shuffled_pixels_at_smoke_size(faces, photos):
    stored = np.round(255 * photos.transpose(0, 2, 3, 1)).astype(np.uint8)
    data = {
        "faces": dataset("faces", faces[:48], 10),
        "photos": dataset("photos", stored),
    }
    cfg = Evaluator(**declared_values(Evaluator, smoke=True))
    first, second = (measure(cfg, Lab(data)) for _ in range(2))
    assert first.rows == second.rows
    found = {row.condition["shown"] for row in first.rows if row.quantity == "evaluator_face_share"}
    assert {"held-out faces", "pixels shuffled", "warped", "mean of two", "photographs"} <= found
