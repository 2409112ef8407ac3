"""The study of depth at smoke size: claims find their measurements, figures are drawn, planted effects found."""

from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from study_fixture import CONFIG, Study, StudyTests, dataset, rows_of
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.lab import Lab
from soapbubble.measurements import Measurement, Outcome
from soapbubble.measuring.inversion import Descent, gradient, invert, start
from soapbubble.measuring.layers import up_to
from soapbubble.models.efficientnet_lite import efficientnet_lite0
from soapbubble.models.vision import network_by_name
from soapbubble.studies.depth import layers, trajectories
from soapbubble.studies.depth.choices import FACTORS, by_blur_and_gradient, main_effects
from soapbubble.studies.depth.photographs import photographs

STUDY = Study("depth")


class Twins:
    """A stand-in for a trained network: one random network for another."""

    def network(self, replicate=0):
        return efficientnet_lite0(100).eval()

    def untrained(self, replicate=0):
        return efficientnet_lite0(replicate).eval()


@pytest.fixture(scope="module")
def lab():
    images = np.random.default_rng(1).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
    photos = dataset("photos", images, extras={"photograph": np.repeat(np.arange(4), 2)})
    return Lab({"photos": photos}, networks={"efficientnet-lite0": Twins()})


def test_exact_claims_hold_at_any_size(outcomes):
    rows = rows_of(outcomes)  # the rules that stood first read other parts, too
    for claim, item in STUDY.claims.items():
        if item.tier == "exact":
            assert STUDY.judged(claim, rows) == "supported", claim


def test_a_rerun_gives_the_same_values(outcomes, lab):
    assert STUDY.measure("choices", lab).rows == outcomes["choices"].rows


def ratios(quantity, conditions):
    """Rows of three networks whose values scatter by a twentieth around those given."""
    scatter = np.random.default_rng(1).normal(1, 0.05, 3)
    return [
        Measurement(quantity, condition, draw, value * scatter[draw], "1", 3)
        for condition, value in conditions
        for draw in range(3)
    ]


def test_the_rules_on_outputs_tell_near_from_far():
    where = {"network": "resnet50", "procedure": "blurred", "shift": "page"}
    near, far = (
        ratios("output_over_reference", [({**where, "stage": stage}, value) for stage in ("Conv2", "Conv5")])
        for value in (0.5, 2.0)
    )
    assert STUDY.judged("resnet50-conv2-mg-above-mr", far) == "supported"
    assert STUDY.judged("resnet50-conv2-mg-above-mr", near) == "refuted"


def test_the_rule_on_rising_distances_needs_both_signs():
    where = {"network": "resnet50", "stage": "Conv2", "schedule": "fixed", "effort": 1.0}

    def rows(inputs, outputs, end=0.1):
        steps = [{**where, "step": step} for step in (0.01, 0.03)]
        trends = {
            "input_trend": inputs,
            "output_trend": outputs,
            "folded_input_trend": 0.9,
            "folded_output_trend": -0.9,
            "end_output": end,
        }
        return [row for name, value in trends.items() for row in ratios(name, [(step, value) for step in steps])]

    assert STUDY.judged("resnet50-conv2-mi-rises-at-fixed-step", rows(0.8, -0.8)) == "supported"
    assert STUDY.judged("resnet50-conv2-mi-rises-at-fixed-step", rows(-0.8, -0.8)) == "refuted"
    assert STUDY.judged("resnet50-conv2-mi-rises-at-fixed-step", rows(0.8, 0.8)) == "refuted"
    assert STUDY.judged("resnet50-conv2-mi-rises-at-fixed-step", rows(-0.8, -0.8, end=1.0)) == "not reproduced"


def test_each_draw_has_photographs_of_its_own_until_they_run_out(lab):
    data = lab.data["photos"]
    first, second, again = (photographs(data, 64, 4, draw) for draw in (0, 1, 2))
    assert not torch.equal(first, second)
    assert torch.equal(first, again)
    # One crop of each of the four photographs before the second of any.
    np.testing.assert_allclose(first[0].permute(1, 2, 0).numpy() * 255, data.images[0], rtol=1e-5)
    np.testing.assert_allclose(first[1].permute(1, 2, 0).numpy() * 255, data.images[2], rtol=1e-5)
    assert photographs(data, 32, 2).shape == (2, 3, 32, 32)
    with pytest.raises(SoapbubbleError, match="set `images` lower"):
        photographs(data, 64, 9)


@pytest.mark.parametrize(("bfloat16", "precision"), [(False, torch.float32), (True, torch.bfloat16)])
def test_networks_compute_in_the_precision_that_is_set(lab, monkeypatch, bfloat16, precision):
    seen = []

    def recorded(*given, **how):
        seen.append(up_to(*given, **how))
        return seen[-1]

    monkeypatch.setattr(layers, "up_to", recorded)
    changes = {"bfloat16": bfloat16, "stages": {"resnet18": ["Conv2"]}, "sharp": {}, "draws": 2, "side": 32}
    outcome = layers.measure(CONFIG.depth.layers.model_copy(update=changes), lab)
    assert {weight.dtype for layer in seen for weight in layer.parameters()} == {precision}
    assert np.isfinite([row.value for row in outcome.rows]).all()


def own(lab, **changes):
    cfg = CONFIG.depth.own.model_copy(update=changes)
    return import_module("soapbubble.studies.depth.own").measure(cfg, lab)


def exported(folder, network):
    file = folder / "network.pt2"
    torch.export.save(torch.export.export(network, (torch.zeros(2, 3, 32, 32),)), file)
    return str(file)


def test_a_network_of_ones_own_may_be_an_exported_program(lab, tmp_path):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(4 * 30 * 30, 5)).eval()
    outcome = own(lab, model=exported(tmp_path, network), layers=["conv2d", "linear"])
    assert {row.condition["layer"] for row in outcome.rows} == {"conv2d", "linear"}


class OnItsInput(nn.Module):
    """Works in place on the images that it is given, and returns two tensors of which one holds truth values."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        x.sub_(0.5)
        y = self.conv(x)
        return y.split(2, dim=1), y > 0


def test_a_program_that_works_in_place_leaves_the_images_alone(lab, tmp_path):
    network = OnItsInput().eval()
    layer = up_to(torch.export.load(exported(tmp_path, network)).module(), "conv2d", torch.zeros(2, 3, 32, 32))
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(layer(images), network.conv(images - 0.5))
    assert gradient(layer, layer(images) + 1, images).abs().sum() > 0


@pytest.mark.parametrize(
    ("network", "layer", "side", "words"),
    [
        (OnItsInput(), "split", 32, "no tensor with a row for each image"),
        (OnItsInput(), "gt", 32, "holds torch.bool"),
        (OnItsInput(), "conv3d", 32, "no layer 'conv3d'; the nearest names are conv2d"),
        (OnItsInput(), "conv2d", 48, "cannot take images of the shape .2, 3, 48, 48."),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).train(), "batch_norm", 32, "in evaluation mode"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.5)).train(), "dropout", 32, "in evaluation mode"),
    ],
)
def test_a_program_that_cannot_be_inverted_is_said_in_a_sentence(lab, tmp_path, network, layer, side, words):
    with pytest.raises(SoapbubbleError, match=words):
        own(lab, model=exported(tmp_path, network), layers=[layer], side=side)


def test_a_program_with_spoilt_weights_is_said_in_a_sentence(lab, tmp_path):
    network = nn.Sequential(nn.Conv2d(3, 4, 3))
    network[0].weight.data.fill_(torch.nan)
    with pytest.raises(SoapbubbleError, match="not finite"):
        own(lab, model=exported(tmp_path, network), layers=["conv2d"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda state: state | {"features.0.bias": state["features.0.bias"] * torch.nan},
            "bias is not finite",
        ),
        (lambda state: state | {"features.0.bias": torch.zeros(1)}, "features.0.bias is missing or does not fit"),
        (lambda state: {key: state[key] for key in list(state)[1:]}, "features.0.weight is missing or does not fit"),
        (lambda state: {"state_dict": state}, "holds something else than named weights"),
        (lambda state: nn.Linear(1, 1), "is no file of weights alone"),
    ],
)
def test_weights_that_do_not_fit_are_said_in_a_sentence_and_kept(lab, tmp_path, change, words):
    file = tmp_path / "weights.pth"
    torch.save(change(network_by_name("squeezenet1_1").state_dict()), file)
    with pytest.raises(SoapbubbleError, match=f"{words}.*; give a state dictionary of squeezenet1_1"):
        own(lab, weights=str(file))


@pytest.mark.parametrize(
    ("model", "layer"), [("vit_tiny_patch16_224", "blocks.1"), ("convnext_atto", "stages.0"), ("mixer_s32_224", "stem")]
)
def test_networks_of_timm_may_be_looked_into(lab, model, layer):
    if find_spec("timm") is None:
        pytest.skip("timm is not installed")
    outcome = own(lab, model=f"timm:{model}", layers=[layer], side=224, iterations=1)
    assert np.isfinite([row.value for row in outcome.rows]).all()


def test_a_transformer_may_be_looked_into(lab):
    outcome = own(lab, model="vit_b_32", layers=["encoder.layers.encoder_layer_0"], side=224, iterations=1)
    assert np.isfinite([row.value for row in outcome.rows]).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "resnet17"}, "no network 'resnet17'; the nearest names are resnet1"),
        ({"model": "timm:nothing"}, "timm"),
        ({"layers": ["features.99"]}, "no layer 'features.99'; the nearest names are features."),
        ({"model": "vit_b_32", "layers": ["encoder"]}, "cannot take images of the shape"),
        ({"model": "nowhere.pt2"}, "cannot be read as an exported program"),
        ({"weights": "nowhere.pth"}, "no file of weights"),
    ],
)
def test_a_network_that_cannot_be_looked_into_is_said_in_a_sentence(lab, changes, words):
    with pytest.raises(SoapbubbleError, match=words):
        own(lab, **changes)


def test_main_effects_divide_the_variance_of_a_design():
    a, b = np.meshgrid([0.0, 3.0], [0.0, 4.0], indexing="ij")
    assert main_effects(a + b) == pytest.approx([9 / 25, 16 / 25])
    assert main_effects(a * b) == pytest.approx([1 / 3, 1 / 3])


def test_planted_effects_of_blur_and_gradient_make_up_most_of_the_variance_and_others_none():
    values = np.random.default_rng(3).standard_normal((2, 2, 2, 2))
    shares = dict(zip(FACTORS, main_effects(by_blur_and_gradient(values)), strict=True))
    assert (shares["blur"] + shares["gradient"]) / 2 > 0.25 > shares["batch_norm"]
    own = dict(zip(FACTORS, main_effects(values), strict=True))
    assert (own["blur"] + own["gradient"]) / 2 < 0.25


def test_descents_through_a_folded_layer_lead_away_and_through_a_straight_one_do_not(lab):
    cfg = STUDY.settings("trajectories")
    images = photographs(lab.data["photos"], cfg.side, 1, 0)
    out = Outcome()
    trajectories._folded(out, cfg, images, "Conv2", 0, 200)
    begin = start(images, torch.Generator().manual_seed(1))
    descent = Descent(200, step=0.01, normalised=True, blur=None)
    straight = invert(lambda shown: shown / trajectories.STRETCH, images, begin, descent, 4)
    trajectories._course(out, {"step": 0.01}, straight, np.ones(1), 0, "straight_")
    found = {(row.quantity, row.condition["step"]): row.value for row in out.rows}
    assert found["folded_input_rise", 0.01] > 0.01 > found["straight_input_rise", 0.01]
    assert found["folded_input_trend", 0.01] > 0 > found["folded_output_trend", 0.01]


class TestStudy(StudyTests):
    pass
