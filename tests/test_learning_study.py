"""The study of learning at smoke size: every claim finds its measurements, every figure is drawn, detectors detect."""

from collections import defaultdict
from importlib import import_module

import numpy as np
import pytest
import torch
from study_fixture import CONFIG, TIERS, Study, StudyTests, dataset, rows_of

from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge
from soapbubble.data.dataset import Photograph
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement, Outcome
from soapbubble.measuring.inversion import Inversion
from soapbubble.measuring.training import Curve
from soapbubble.models.efficientnet_lite import efficientnet_lite0
from soapbubble.models.small_vision import AttentionBlock
from soapbubble.networks.convert import imagenet_efficientnet
from soapbubble.networks.images import training_images
from soapbubble.networks.store import TrainedNetwork, save_network
from soapbubble.networks.train import train
from soapbubble.parts.loading import blocks_text, parse_part
from soapbubble.parts.studies import study
from soapbubble.studies.learning import architectures, counts, noise, recognition
from soapbubble.studies.learning.blocks import _in_hull, attention_parts
from soapbubble.studies.learning.counts import decoder_widths
from soapbubble.studies.learning.descents import inverted
from soapbubble.studies.learning.filters import _raised, gratings, main_colour, periodicity, seen_filters
from soapbubble.studies.learning.pictures import outside, within
from soapbubble.studies.learning.targets import targets

STUDY = Study("learning")
NAMES = ("cat", "retina", "coffee", "hubble_deep_field")


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(1)

    def smooth(n, side, channels):
        small = random.integers(0, 256, (n, side // 8, side // 8, channels))
        return small.repeat(8, axis=1).repeat(8, axis=2).astype(np.uint8)

    photos, digits, faces = smooth(16, 64, 3), smooth(12, 24, 1), smooth(6, 32, 3)
    photographs = tuple(Photograph(name=f"{name}", origin="-", licence="-") for name in NAMES * 2)
    photographed = {"photograph": np.repeat(np.arange(8), 2)}
    return {
        "photos": dataset("photos", photos, extras=photographed, photographs=photographs),
        "digits": dataset("digits", digits, extras={"labels": np.arange(12) % 10}),
        "faces": dataset("faces", faces),
    }


@pytest.fixture(scope="module")
def networks(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    settings = CONFIG.networks.training.model_copy(update={"steps": 2})
    for name, spec in CONFIG.networks.models.items():
        trained = []
        for seed in range(settings.seed, settings.seed + 2):
            shown = training_images(data["photos"], spec.task, settings, seed)
            trained.append((seed, *train(name, spec, settings, shown, seed)))
        save_network(name, spec, settings, trained, folder / f"{name}.safetensors", folder / f"{name}.json")
    # Random weights stand for those of ImageNet.
    given = [(0, efficientnet_lite0(100), Curve())]
    name = "efficientnet-lite0"
    save_network(name, None, None, given, folder / f"{name}.safetensors", folder / f"{name}.json")
    return {file.stem: TrainedNetwork(file) for file in folder.glob("*.safetensors")}


@pytest.fixture(scope="module")
def outcomes(data, networks):
    measured = {}
    for part in STUDY.parts:
        module = import_module(f"soapbubble.studies.learning.{part}")
        kind = study("learning").part(part).kind
        cfg = parse_part(getattr(module, kind.__name__), blocks_text(CONFIG, f"learning.{part}"))
        reads = cfg.reads()
        lab = Lab({name: data[name] for name in reads.data}, networks={name: networks[name] for name in reads.models})
        measured[part] = module.measure(cfg, lab)
    return measured


def test_what_is_exact_is_decided_at_any_size(outcomes):
    table = Table(rows_of(outcomes))
    found = judge(STUDY.claims["transformer-blocks-noninvertible"], table, [], TIERS)
    assert found["verdict"] in ("supported", "undecided"), found["sentence"]


def test_images_without_a_class_are_kept_apart(data):
    photographs = within(data["photos"], 8, 32)
    others = outside(data, 6, 32)
    assert photographs.shape == (4, 3, 32, 32)
    assert others.shape == (6, 3, 32, 32)
    assert 0 <= photographs.min() <= photographs.max() <= 1


def test_the_network_of_imagenet_knows_what_photographs_show_and_its_untrained_twins_do_not(tmp_path):
    name = "efficientnet-lite0"
    weights = tmp_path / f"{name}.safetensors"
    save_network(name, None, None, [(0, imagenet_efficientnet(), Curve())], weights, tmp_path / f"{name}.json")
    cfg = STUDY.settings("recognition").model_copy(update={"twins": 3})
    rows = recognition.measure(cfg, Lab({}, networks={name: TrainedNetwork(weights)})).rows
    ranks = defaultdict(list)
    for row in rows:
        if row.quantity == "class_rank":
            ranks[row.condition["weights"]].append(row.value)
    assert max(ranks["trained"]) == 1
    assert np.median(ranks["untrained"]) > 20
    (right,) = (
        r.value for r in rows if r.quantity == "recognised" and r.condition == {"weights": "trained", "among": 1}
    )
    assert right == len(ranks["trained"])


def test_the_rank_is_that_of_the_most_probable_of_the_right_classes():
    odds = torch.tensor([0.1, 0.9, 0.5, 0.7])
    assert [recognition.class_rank(odds, right) for right in ((1,), (0, 2), (0,))] == [1, 3, 4]


def test_replicates_look_for_different_images_and_networks_of_one_replicate_for_the_same(networks, data, monkeypatch):
    looked_for = defaultdict(list)

    def recorded(cfg, layer, images, begin, how):
        looked_for[images.numpy().tobytes()].append(begin.numpy().tobytes())
        return inverted(cfg, layer, images, begin, how)

    for part, trainings in ((architectures, 2), (noise, 4)):
        monkeypatch.setattr(part, "inverted", recorded)
        looked_for.clear()
        part.measure(STUDY.settings(part.__name__.split(".")[-1]), Lab(data, networks=networks))
        begun = [set(noises) for noises in looked_for.values()]
        assert len(looked_for) == 2, f"{part.__name__}: two replicates"
        assert all(len(noises) >= trainings for noises in looked_for.values())
        assert all(len(noises) == 1 for noises in begun), "trained and untrained begin from the same noise"
        assert len(set.union(*begun)) == 2, "replicates begin from noise of their own"


def test_replicates_learn_and_look_for_different_digits(data, monkeypatch):
    looked_for, learned = [], []
    monkeypatch.setattr(
        counts, "invert", lambda layer, images, *rest, **how: looked_for.append(images) or found(images)
    )
    monkeypatch.setattr(counts, "_learn", lambda cfg, network, number, train, labels: learned.append(train))

    def found(images):
        return Inversion(images, np.arange(2), *(np.ones((2, len(images))) for _ in range(2)))

    cfg = STUDY.settings("counts")
    for number in range(2):
        counts._hidden_states(Outcome(), cfg, number, data["digits"].of_replicate(number))
    assert len({images.numpy().tobytes() for images in looked_for}) == 2
    assert len({images.numpy().tobytes() for images in learned}) == 2


def test_other_networks_are_asked_only_about_images_that_they_learned_nothing_from():
    images = np.tile(np.arange(32, dtype=np.uint8)[:, None, None, None], (1, 40, 40, 3))
    photos = dataset("photos", images, extras={"photograph": np.arange(32) // 4})
    settings = CONFIG.networks.training.model_copy(update={"side": 32, "images": 256, "test_images": 64})
    shown = {number: training_images(photos, "photographs", settings, number) for number in range(5)}
    asked = 0
    for number in shown:
        target = targets(shown, number, 5)
        looked_for = image_of(target.images)
        assert len(set(target.labels.tolist())) == 5
        assert not set(looked_for) & set(image_of(shown[number].images))
        for other, rows in target.others.items():
            learned = set(image_of(shown[other].images))
            np.testing.assert_array_equal(rows, [row for row, image in enumerate(looked_for) if image not in learned])
            asked += len(rows)
        assert len(target.others[target.closest]) == max(map(len, target.others.values()))
    assert asked >= 5 * 5, "photographs about which somebody can be asked come first"


def image_of(crops):
    return np.rint(255 * crops[:, 0, 0, 0].numpy()).astype(int)


def edges(trained, untrained):
    """Rows as `inversion` writes them, with these means but for Conv1, which is easy, and Conv5, which is lost."""
    random = np.random.default_rng(3)
    means = {"Conv1": (0.9, 0.9), "Conv5": (0.0, 0.0)}
    return [
        Measurement(
            "edges", {"weights": weights, "images": "within", "stage": stage}, image, mean + random.normal(0, 0.02)
        )
        for stage in ("Conv1", "Conv2", "Conv3", "Conv4", "Conv5")
        for weights, mean in zip(("trained", "untrained"), means.get(stage, (trained, untrained)), strict=True)
        for image in range(6)
    ]


def test_sharpening_is_found_where_it_is_planted_and_nowhere_else():
    claim = STUDY.claims["training-sharpens-early-and-middle-layers"]
    assert judge(claim, Table(edges(0.5, 0.2)), [], TIERS)["verdict"] == "supported"
    assert judge(claim, Table(edges(0.2, 0.2)), [], TIERS)["verdict"] == "refuted"


def ratios(blurred, sharp):
    """Rows as `noise` writes them: output distances over those of shifted images, with and without blur."""
    random = np.random.default_rng(5)
    return [
        Measurement(
            "network_output_ratio",
            {"training": "noise", "blur": blur, "stage": stage},
            seed,
            mean * np.exp(random.normal(0, 0.05)),
        )
        for stage in ("Conv1", "Conv2", "Conv3", "Conv4", "Conv5")
        for blur, mean in (("gaussian", blurred), ("none", sharp))
        for seed in range(5)
    ]


def test_a_blur_is_blamed_only_if_descents_without_it_come_closer():
    claim = STUDY.claims["noise-trained-with-blur-fails-reference"]
    assert judge(claim, Table(ratios(2, 0.5)), [], TIERS)["verdict"] == "supported"
    assert judge(claim, Table(ratios(2, 2)), [], TIERS)["verdict"] == "undecided"
    assert judge(claim, Table(ratios(0.5, 0.5)), [], TIERS)["verdict"] == "refuted"


def test_stripes_repeat_themselves_and_noise_does_not():
    x = np.arange(48)
    stripes = np.broadcast_to(np.cos(2 * np.pi * x / 6), (1, 3, 48, 48))
    noise = np.random.default_rng(2).standard_normal((1, 3, 48, 48))
    assert periodicity(stripes)[0] > 0.4
    assert periodicity(noise)[0] < 0.2


def test_two_convolutions_in_a_row_are_the_filter_that_a_channel_sees():
    network = efficientnet_lite0(3)
    first, second = network._conv_stem, network._blocks[0]._depthwise_conv
    image = torch.rand(1, 3, 31, 31)
    both = torch.conv2d(torch.conv2d(image, first.weight, stride=2), second.weight, groups=32)
    once = torch.conv2d(image, torch.from_numpy(seen_filters(network)).float(), stride=2)
    torch.testing.assert_close(once, both)


def test_the_main_colour_keeps_what_varies_most():
    shape = np.random.default_rng(1).standard_normal((7, 7))
    filters = np.stack([np.stack([shape, 0 * shape, 0 * shape])])
    np.testing.assert_allclose(np.abs(main_colour(filters)[0]), np.abs(shape), atol=1e-9)


def test_decoders_have_as_many_parameters_whatever_their_shape():
    widths = decoder_widths(16, 256, 784)
    counts = []
    for first, second in widths.values():
        counts.append(17 * first + (first + 1) * second + (second + 1) * 784)
    assert max(counts) < 1.01 * min(counts)
    assert widths["growing"][0] < widths["growing"][1]
    assert widths["shrinking"][0] > widths["shrinking"][1]


def test_points_in_the_hull_are_told_from_points_outside():
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert _in_hull(corners, np.array([0.2, 0.2]))
    assert not _in_hull(corners, np.array([0.6, 0.6]))


def test_the_parts_of_a_block_add_up_to_the_block():
    block = AttentionBlock(16).double().eval()
    parts = attention_parts(block)
    x = torch.randn(1, 5, 16, dtype=torch.float64)
    torch.testing.assert_close(parts["perceptron"](parts["mixing"](x)), block(x))


def test_what_excites_planted_gratings_repeats_and_what_excites_single_blobs_does_not():
    cfg = STUDY.settings("filters").model_copy(update={"side": 48, "channels": 12, "iterations": 40})
    blob = torch.nn.Conv2d(3, 12, 15, bias=False).requires_grad_(False)
    places = torch.arange(15) - 7
    blob.weight.copy_(torch.exp(-(places[:, None] ** 2 + places**2) / 18.0).expand(12, 3, -1, -1))
    repeating, blobs = (periodicity(_raised(cfg, layer)).mean() for layer in (gratings(12, 1), blob))
    assert repeating > 0.3
    assert blobs < 0.2


class TestStudy(StudyTests):
    pass
