"""Each network of faces has its own split: its latents are paired with their own images, and it is tested on no other.

The networks here are perfect, so that they show at once which images they are measured with: an identity gives every
image back if its latents are those of that image, and one that remembers gives back those that it was trained on. The
evaluators accept what they were trained on and nothing else.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from study_fixture import CONFIG, dataset

from soapbubble.autoencoders.face_store import FaceLatents
from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring import face_evaluator
from soapbubble.measuring.autoencoder import decode, encode
from soapbubble.measuring.face_evaluator import FaceEvaluator
from soapbubble.measuring.images import as_images
from soapbubble.models.face_classifier import build_face_classifier
from soapbubble.studies.faces import directions, evaluator, generators, marginals, reconstruction, variants
from soapbubble.studies.filaments import axes, decoding

SIDE, COUNT, TEST = 8, 60, 20
REPLICATES = range(3)
MODELS = ("faces-case-1", "faces-case-2")


@dataclass(frozen=True)
class Perfect:
    """Gives every image back, or only `known` ones, and black for others; its latents are the pixels."""

    known: frozenset[bytes] | None

    latent_shape = (3, SIDE, SIDE)

    def encode(self, images):
        if self.known is not None:
            images = torch.stack([image * (image.numpy().tobytes() in self.known) for image in images])
        return images, torch.full_like(images, -torch.inf)

    def expected_images(self, latents):
        return latents


@dataclass(frozen=True)
class Model:
    """Perfect networks, one a replicate, in place of trained ones."""

    faces: Dataset
    remembers: bool = False

    replicates = REPLICATES
    train, test = COUNT - TEST, TEST
    spec = CONFIG.face_autoencoders.models["faces-case-1"]

    def network(self, replicate):
        return Perfect(stored(self.faces.of_replicate(replicate).train) if self.remembers else None)

    untrained = network

    def latents(self, replicate):
        images = torch.from_numpy(as_images(self.faces.of_replicate(replicate).images))
        rows = encode(self.network(replicate), images).mean
        return FaceLatents(rows[: self.train], rows[self.train :])

    untrained_latents = latents


@dataclass(frozen=True)
class Remembering(FaceEvaluator):
    """Accepts the faces that it was trained on."""

    known: frozenset[bytes] = field(default_factory=frozenset)

    def accepts(self, images):
        return np.array([image.astype(np.float32).tobytes() in self.known for image in images])


def stored(images):
    return frozenset(image.tobytes() for image in as_images(images))


def remembering(faces, validation, photos, *, width, features, looks, seed, **settings):
    known = frozenset(image.tobytes() for image in (*faces, *validation))
    return Remembering(build_face_classifier(width, features, 1 + looks, seed).eval(), 0.0, known)


@pytest.fixture(autouse=True)
def evaluators(monkeypatch):
    """The evaluators that were trained, in order."""
    trained = []

    def train(*images, **settings):
        trained.append(remembering(*images, **settings))
        return trained[-1]

    monkeypatch.setattr(face_evaluator, "train_face_evaluator", train)
    return trained


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (COUNT, SIDE, SIDE, 3), dtype=np.uint8)
    faces = dataset("faces", images, TEST, {"factors": images[:, :1, 0, 0] / 255}, factor_names=(generators.HAIR,))
    return {"faces": faces, "photos": dataset("photos", images[:8])}


def lab_of(data, remembers=False):
    return Lab(data, faces={name: Model(data["faces"], remembers) for name in MODELS})


def values(out, quantity, **where):
    """By replicate, of both models."""
    rows = [row for row in out.rows if row.quantity == quantity and where.items() <= row.condition.items()]
    assert {row.replicate for row in rows} == set(REPLICATES)
    return np.array([row.value for row in rows])


def test_splits_of_replicates_differ(data):
    held_out = {stored(data["faces"].of_replicate(replicate).test) for replicate in REPLICATES}
    assert len(held_out) == len(REPLICATES)


def test_reconstructions_are_compared_with_their_own_faces_which_are_held_out(data):
    cfg = CONFIG.faces.reconstruction
    assert values(reconstruction.measure(cfg, lab_of(data)), "unexplained").max() < 1e-6
    assert values(reconstruction.measure(cfg, lab_of(data, remembers=True)), "unexplained").min() > 0.9


def test_filaments_compare_reconstructions_with_their_own_faces_of_either_set(data):
    cfg = CONFIG.filaments.decoding
    for remembers in (False, True):
        out = decoding.measure(cfg, lab_of(data, remembers))
        assert values(out, "reconstruction_missed", split="train").max() < 1e-6
        held_out = values(out, "reconstruction_missed", split="held out")
        assert held_out.min() > 0.9 if remembers else held_out.max() < 1e-6
        assert values(out, "face_share", generator=decoding.CODES).max() == 0


def test_walks_start_from_codes_of_their_own_held_out_faces(data, monkeypatch):
    started = []
    monkeypatch.setattr(directions, "_lengths", lambda cfg, out, walks, rng: started.append(walks) or np.zeros(1))
    monkeypatch.setattr(directions, "_outwards", lambda *given: np.zeros(1))
    monkeypatch.setattr(directions, "_between", lambda *given: np.zeros(1))
    directions.measure(CONFIG.faces.directions, lab_of(data))
    assert sorted(walks.replicate for walks in started) == sorted([*REPLICATES] * 2)
    for walks in started:
        assert np.array_equal(walks.decoded(walks.codes), walks.faces)
        held_out = stored(data["faces"].of_replicate(walks.replicate).test)
        assert {face.tobytes() for face in walks.faces} <= held_out
        assert not walks.evaluator.known & held_out


def test_generators_are_fitted_and_judged_with_the_faces_of_the_network(data, monkeypatch):
    measured = []
    monkeypatch.setattr(generators._Network, "measure", lambda self, out: measured.append(self))
    generators.measure(CONFIG.faces.generators, lab_of(data))
    assert sorted(network.replicate for network in measured) == sorted([*REPLICATES] * 2)
    for network in measured:
        faces = network.faces
        assert np.array_equal(decode(network.network, network.codes.mean), faces.train)
        assert np.array_equal(network.held_out, faces.held_out)
        assert np.array_equal(faces.trait, faces.train[:, 0, 0, 0] > generators.LONG)
        held_out = stored(data["faces"].of_replicate(network.replicate).test)
        assert {face.tobytes() for face in faces.held_out} <= held_out
        assert not network.evaluator.known & held_out


def test_evaluators_are_trained_by_their_splits_and_tested_on_faces_that_they_have_not_seen(data, evaluators):
    cfg = CONFIG.faces.evaluator.model_copy(update={"evaluators": len(REPLICATES)})
    out = evaluator.measure(cfg, Lab(data))
    shares = {kind: by_classifiers(out, kind) for kind in (evaluator.HELD_OUT, evaluator.TRAINING)}
    assert shares == {evaluator.HELD_OUT: [0] * len(REPLICATES), evaluator.TRAINING: [1] * len(REPLICATES)}
    for replicate, trained in zip(REPLICATES, evaluators, strict=True):
        assert trained.known <= stored(data["faces"].of_replicate(replicate).train)


def by_classifiers(out, kind):
    where = {"evaluator": "classifier", "shown": kind, "kind": "faces"}
    return [row.value for row in out.rows if row.condition == where]


def test_variants_are_tested_on_faces_that_they_were_not_trained_on(data, monkeypatch):
    seen = []
    monkeypatch.setattr(variants, "reduced", lambda images: images)
    monkeypatch.setattr(variants, "_widths", lambda cfg, out, train, test, replicate: seen.append((train, test)))
    monkeypatch.setattr(variants, "_tasks", lambda *given: None)
    monkeypatch.setattr(variants, "_variational", lambda *given: seen.append(given[-1]))
    variants.measure(CONFIG.faces.variants.model_copy(update={"networks": len(REPLICATES)}), Lab(data))
    for replicate, (train, test), judge in zip(REPLICATES, seen[::2], seen[1::2], strict=True):
        split = data["faces"].of_replicate(replicate)
        assert {image.numpy().tobytes() for image in train} == stored(split.train)
        assert {image.numpy().tobytes() for image in test} <= stored(split.test)
        assert not judge.known & stored(split.test)


def test_random_phases_are_those_of_the_faces_whose_latents_stand_beside(data, monkeypatch):
    given = []
    monkeypatch.setattr(axes, "phase_randomised", lambda faces, rng: given.append(faces) or faces)
    for replicate in REPLICATES:
        axes._kinds(Outcome(), lab_of(data), replicate, np.random.default_rng(1))
        assert np.array_equal(given[-1], as_images(data["faces"].of_replicate(replicate).train))


@pytest.mark.parametrize("fewest", [1, COUNT])
def test_networks_are_compared_on_the_same_faces_held_out_from_both_if_there_are_enough(data, monkeypatch, fewest):
    monkeypatch.setattr(marginals, "FEWEST", fewest)
    model = Model(data["faces"])
    for one, other in ((0, 0), (0, 1), (1, 2)):
        rows, others = marginals.on_the_same(data["faces"], one, other)
        assert np.array_equal(model.latents(one).all[rows], model.latents(other).all[others])
        if fewest == 1:
            assert min(*rows, *others) >= model.train
        else:
            assert len(set(rows)) == COUNT
