"""Autoencoders of faces: built as the posts say, trained the same again, stored with the latents of all faces."""

import numpy as np
import pytest
import torch
from study_fixture import dataset

from soapbubble.autoencoders.face_store import FaceLatents, TrainedFaces, save_face_model
from soapbubble.autoencoders.face_train import encode_faces, train_faces
from soapbubble.config.face_autoencoders import FaceAutoencoder
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.autoencoder import decode, encode
from soapbubble.measuring.images import as_tensor
from soapbubble.measuring.training import Checkpoint
from soapbubble.models.face_autoencoder import build_face_autoencoder, reconstruction_loss

pytest_plugins = ["decoders_fixture"]

SMALL = {"filters": [4, 6], "kernels": [5, 3], "decoder_filters": [6], "decoder_kernels": [3, 5], "z_dim": 7}


@pytest.fixture(scope="module")
def spots():
    """Sixty pictures of a bright spot somewhere on a plain ground of any colour."""
    rng = np.random.default_rng(4)
    images = np.empty((60, 16, 16, 3), np.uint8)
    for image in images:
        image[:] = rng.integers(0, 100, 3)
        top, left = rng.integers(2, 10, 2)
        image[top : top + 5, left : left + 5] = 240
    return dataset("faces", images, test=10)


@pytest.fixture
def training(smoke):
    changes = {"device": "cpu", "steps": 30, "batch_size": 8, "lr": 0.01, "validate_every": 10, "warm_up": 0}
    return smoke.face_autoencoders.training.model_copy(update=changes)


@pytest.mark.parametrize("side", [64, 96])
@pytest.mark.parametrize("name", ["faces-case-1", "faces-case-2"])
def test_the_posts_networks_give_back_images_of_the_size_they_got(smoke, name, side):
    spec = smoke.face_autoencoders.models[name]
    network = build_face_autoencoder(spec, side, seed=1)
    images = torch.rand(2, 3, side, side)
    latents, log_variance = network.encode(images)
    assert latents.shape == (2, 256, 1, 1)
    assert network.decode(latents).shape == images.shape
    assert (torch.exp(log_variance / 2) == 0).all()


def test_other_sides_and_lists_that_do_not_fit_are_refused():
    with pytest.raises(SoapbubbleError, match="multiple of 4"):
        build_face_autoencoder(FaceAutoencoder(**SMALL), 18, seed=1)
    with pytest.raises(ValueError, match="same length"):
        FaceAutoencoder(**{**SMALL, "kernels": [3]})
    with pytest.raises(ValueError, match="one more entry"):
        FaceAutoencoder(**{**SMALL, "decoder_kernels": [3]})
    with pytest.raises(ValueError, match="must double the side"):
        FaceAutoencoder(**{**SMALL, "decoder_filters": [6, 4], "decoder_kernels": [3, 5, 5]})


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_training_makes_held_out_faces_come_back_better(training, spots, loss):
    spec = FaceAutoencoder(**SMALL, loss=loss)
    trained = train_faces("some", spec, training, spots, seed=3)
    mse = trained.curve.validation["mse"]
    held_out = as_tensor(spots.test)
    untrained = build_face_autoencoder(spec, 16, seed=3)
    before = (torch.sigmoid(untrained(held_out)) - held_out).square().mean()
    assert mse[-1] < mse[0] < float(before)
    assert float(reconstruction_loss(trained.network, trained.network(held_out), held_out)) > 0


def test_a_training_is_repeated_bit_by_bit_also_after_an_interruption(training, spots, tmp_path):
    spec = FaceAutoencoder(**SMALL)
    whole = train_faces("some", spec, training, spots, seed=3)
    again = train_faces("some", spec, training, spots, seed=3)
    checkpoint = Checkpoint(tmp_path / "some.safetensors", "this")
    train_faces("some", spec, training, spots, seed=3, checkpoint=checkpoint)
    resumed = train_faces("some", spec, training, spots, seed=3, checkpoint=checkpoint)
    for other in (again, resumed):
        assert np.array_equal(whole.latents, other.latents)
    assert not np.array_equal(whole.latents, train_faces("some", spec, training, spots, seed=4).latents)


def test_a_stored_model_gives_back_networks_latents_and_curve(training, spots, tmp_path):
    spec = FaceAutoencoder(**SMALL)
    trained = [train_faces("some", spec, training, spots, seed) for seed in (3, 4)]
    path = tmp_path / "some.safetensors"
    save_face_model("some", spec, 50, trained, path, path.with_suffix(".json"))
    model = TrainedFaces(path)
    assert (model.name, model.train, model.test, model.side, list(model.replicates)) == ("some", 50, 10, 16, [0, 1])
    for replicate in model.replicates:
        found = model.latents(replicate)
        assert isinstance(found, FaceLatents)
        assert found.train.shape == (50, 7)
        assert np.array_equal(found.test, encode_faces(model.network(replicate), spots.test))
        assert np.array_equal(
            model.untrained_latents(replicate).train, encode_faces(model.untrained(replicate), spots.train)
        )
        assert model.curve(replicate) == trained[replicate].curve
    codes = encode(model.network(0), as_tensor(spots.test))
    assert np.array_equal(codes.mean, model.latents(0).test)
    assert (codes.std == 0).all()
    assert decode(model.network(0), codes.mean).shape == (10, 3, 16, 16)


def test_a_damaged_card_is_named(tmp_path):
    path = tmp_path / "some.safetensors"
    path.with_suffix(".json").write_text("{}")
    with pytest.raises(SoapbubbleError, match="not the card of a model of faces"):
        TrainedFaces(path)


def test_names_of_models_are_unique_over_digits_and_faces(smoke):
    raw = smoke.model_dump(mode="json")
    raw["face_autoencoders"]["families"]["more"] = {"dense-2": SMALL}
    from soapbubble.parts.loading import validate

    with pytest.raises(SoapbubbleError, match="'dense-2' stands in `face_autoencoders`"):
        validate(raw)
