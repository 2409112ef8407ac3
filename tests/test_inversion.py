"""Layers, their inversion, their Jacobians and the likeness of images, on cases whose answers are known."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.image_similarity import MEASURES, own_and_other, ssim
from soapbubble.measuring.inversion import (
    Descent,
    blurred,
    distance,
    gradient,
    invert,
    output_distance,
    reference_distance,
    shifted,
    start,
)
from soapbubble.measuring.jacobian import Jacobian, shares
from soapbubble.measuring.layers import layer_names, up_to
from soapbubble.models.initialise import seeded
from soapbubble.models.invertible import InvertibleNetwork
from soapbubble.models.vision import untrained_resnet


@pytest.fixture(scope="module")
def resnet():
    with seeded(1):
        network = untrained_resnet("resnet18")
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):  # as after training, so that folding them has something to fold
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
    return network.eval()


@pytest.fixture(scope="module")
def precise(resnet):
    """In double precision, where kinks of L1 and ReLU do not turn rounding into other paths."""
    return copy.deepcopy(resnet).double()


def images(n=2, side=32, seed=0):
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def by_hand(network, stages, x):
    """The first stages of a ResNet, as its forward pass has them."""
    x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
    for stage in range(1, stages + 1):
        x = getattr(network, f"layer{stage}")(x)
    return x


@pytest.mark.parametrize("stages", [1, 4])
def test_a_truncated_network_says_what_the_whole_one_says(resnet, stages):
    x = images()
    layer = up_to(resnet, f"layer{stages}", x)
    expected = by_hand(resnet, stages, x)
    torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-4)
    assert layer.shape == expected.shape[1:]
    assert layer.elements == expected[0].numel()
    assert not any(parameter.requires_grad for parameter in layer.parameters())
    assert sum(p.numel() for p in layer.parameters()) < sum(p.numel() for p in resnet.parameters())


def test_half_precision_finds_nearly_the_same_image(resnet):
    x = images(2, 64)
    begin = start(x, torch.Generator().manual_seed(2))
    descent = Descent(20, step=0.05, last_step=0.0, normalised=True)
    whole, half = (invert(up_to(resnet, "layer1", x, bfloat16=low), x, begin, descent) for low in (False, True))
    assert half.images.dtype == torch.float32
    assert half.input_distance[-1] == pytest.approx(whole.input_distance[-1], rel=0.05)


def test_a_layer_before_an_operation_in_place_is_left_as_it_was(resnet):
    x = images()
    assert (up_to(resnet, "bn1", x)(x) < 0).any()
    torch.testing.assert_close(up_to(resnet, "conv1", x)(x), resnet.conv1(x))


def test_batch_norm_by_image_is_training_mode_with_a_batch_of_one(resnet):
    x = images(side=64)
    layer = up_to(resnet, "layer2", x, batch_norm="image")
    with seeded(1):
        trained = untrained_resnet("resnet18").train()
    trained.load_state_dict(resnet.state_dict())
    alone = torch.cat([by_hand(trained, 2, x[k : k + 1]) for k in range(2)])
    torch.testing.assert_close(layer(x), alone, rtol=1e-3, atol=1e-3)


class Branching(nn.Module):
    """A network whose path depends on what it sees, which no trace can follow."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.pair = Pair()
        self.never = nn.Linear(2, 2)

    def forward(self, x):
        x.clamp_(0, 1)
        x = self.first(x)
        if x.mean() > 1e9:
            raise AssertionError("not to be reached")
        self.pair(x)
        raise AssertionError("nothing after the layer may run")


class Pair(nn.Module):
    def forward(self, x):
        return x, x


def test_a_network_that_cannot_be_traced_is_stopped_at_the_layer():
    network, x = Branching(), images()
    layer = up_to(network, "first", x)
    torch.testing.assert_close(layer(x), network.first(x))
    slope = gradient(layer, layer(x) + 1, x)
    assert slope.abs().sum() > 0


def test_what_cannot_be_inverted_is_said_in_a_sentence(resnet):
    x = images()
    with pytest.raises(SoapbubbleError, match="no layer 'layer7'; the nearest names are layer"):
        up_to(resnet, "layer7", x)
    with pytest.raises(SoapbubbleError, match="no tensor"):
        up_to(Branching(), "pair", x)
    with pytest.raises(SoapbubbleError, match="cannot take images of the shape"):
        up_to(resnet, "layer1", x[:, :1])
    damaged = nn.Sequential(nn.Conv2d(3, 2, 3))
    damaged[0].weight.data.fill_(torch.nan)
    with pytest.raises(SoapbubbleError, match="not finite"):
        up_to(damaged, "0", x)
    assert "layer3.0.conv1" in layer_names(resnet)


MATRIX = torch.randn(7, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def linear(x):
    return x @ MATRIX.T


def vectors(n, seed):
    return torch.randn(n, 12, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_one_step_is_the_closed_form():
    a, a0 = vectors(2, 1), vectors(2, 2)
    found = invert(linear, a, a0, Descent(iterations=1, step=0.1, weight=0.15, blur=None)).images
    torch.testing.assert_close(found, a0 - 0.015 * torch.sign((a0 - a) @ MATRIX.T) @ MATRIX, rtol=0, atol=1e-12)


def test_the_gradient_is_that_of_the_summed_absolute_difference():
    a, a0 = vectors(1, 1), vectors(1, 2)
    slope = gradient(linear, linear(a), a0)
    for k in range(12):
        change = torch.zeros_like(a0)
        change[0, k] = 1e-6
        up, down = (linear(a0 + sign * change) - linear(a) for sign in (1, -1))
        assert slope[0, k].item() == pytest.approx((up.abs().sum() - down.abs().sum()).item() / 2e-6, abs=1e-5)


def test_distances_are_euclidean():
    a, b = vectors(3, 1), vectors(3, 2)
    torch.testing.assert_close(output_distance(linear, a, b), ((a - b) @ MATRIX.T).square().sum(dim=1).sqrt())
    found = invert(linear, a, b, Descent(iterations=3, blur=None), record_every=1)
    np.testing.assert_allclose(found.output_distance[0], output_distance(linear, a, b))
    np.testing.assert_allclose(found.input_distance[-1], distance(found.images, a))
    assert list(found.steps) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "descent",
    [
        Descent(iterations=12),
        Descent(iterations=12, blur=None, normalised=True, last_step=0.001),
        Descent(iterations=12, blur=None, optimiser="adam"),
        Descent(iterations=12, blur=None, optimiser="lbfgs", loss="l2"),
    ],
)
@pytest.mark.parametrize("batch_norm", ["running", "image"])
def test_images_of_a_batch_come_out_as_if_alone(precise, descent, batch_norm):
    x = images(3).double()
    layer = up_to(precise, "layer1", x, batch_norm)
    begin = start(x, torch.Generator().manual_seed(2))
    together = invert(layer, x, begin, descent)
    alone = [invert(layer, x[k : k + 1], begin[k : k + 1], descent) for k in range(3)]
    torch.testing.assert_close(together.images, torch.cat([one.images for one in alone]), rtol=0, atol=1e-6)


def test_the_truncated_batch_follows_the_plain_loop(precise):
    x = images(2).double()
    begin = start(x, torch.Generator().manual_seed(2))
    found = invert(up_to(precise, "layer1", x), x, begin, Descent(iterations=8, blur=None)).images
    for k in range(2):
        a, target = begin[k : k + 1].clone(), by_hand(precise, 1, x[k : k + 1]).detach()
        for _ in range(8):
            a.requires_grad_()
            (0.15 * (by_hand(precise, 1, a) - target).abs().sum()).backward()
            a = (a - 0.1 * a.grad).detach()
        torch.testing.assert_close(found[k : k + 1], a, rtol=0, atol=1e-9)


def test_the_step_comes_before_the_blur_and_a_constant_image_stays():
    x = images(1, 9)
    begin = start(x, torch.Generator().manual_seed(1))
    found = invert(lambda a: a, x, begin, Descent(iterations=1, blur=(1.3, 1.3))).images
    torch.testing.assert_close(found, blurred(begin - 0.015 * torch.sign(begin - x), 1.3))
    torch.testing.assert_close(blurred(torch.full((1, 3, 8, 8), 0.3), 2.4), torch.full((1, 3, 8, 8), 0.3))


@given(sd=st.floats(0.1, 5), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_the_blur_keeps_the_range_and_smooths(sd, seed):
    x = images(1, 16, seed)
    y = blurred(x, sd)
    assert x.min() - 1e-6 <= y.min()
    assert y.max() <= x.max() + 1e-6
    assert y.std() <= x.std() + 1e-6


def test_noise_has_the_stated_mean_and_spread():
    x = torch.zeros(4, 3, 99, 99)
    noise = start(x, torch.Generator().manual_seed(1))
    assert noise.mean().item() == pytest.approx(0.7, abs=0.001)
    assert noise.std().item() == pytest.approx(0.05, rel=0.02)
    assert shifted(x, 0.04, torch.Generator().manual_seed(1)).std().item() == pytest.approx(0.04, rel=0.02)


def test_the_reference_of_the_identity_is_the_length_of_the_shift():
    x = images(2, 32)
    found = reference_distance(lambda a: a, x, 0.04, 20, torch.Generator().manual_seed(1))
    assert found.numpy() == pytest.approx(0.04 * np.sqrt(3 * 32 * 32), rel=0.02)


@pytest.mark.parametrize("name", ["0", "2", "5", "7"])
def test_an_invertible_network_is_undone_and_inverted_by_descent(name):
    with seeded(3):
        network = InvertibleNetwork(stages=3, couplings=2, hidden=8).double()
    x = images(2, 16).double()
    layer = up_to(network, name, x)
    assert layer.elements == layer.inputs
    torch.testing.assert_close(network.inverse(layer(x), name), x)
    begin = start(x, torch.Generator().manual_seed(1))
    found = invert(layer, x, begin, Descent(300, step=0.05, last_step=0, blur=None, normalised=True))
    assert (found.input_distance[-1] < 0.1 * found.input_distance[0]).all()


def test_an_invertible_network_says_which_layers_it_has():
    with pytest.raises(SoapbubbleError, match="no layer '9'"):
        InvertibleNetwork(stages=1).inverse(torch.zeros(1, 12, 2, 2), "9")


def known(values, outputs, inputs, seed=0):
    """A matrix with these singular values."""
    generator = torch.Generator().manual_seed(seed)
    left, right = (torch.randn(size, len(values), generator=generator).double() for size in (outputs, inputs))
    return torch.linalg.qr(left)[0] @ torch.diag(torch.tensor(values).double()) @ torch.linalg.qr(right)[0].T


def test_the_jacobian_of_a_linear_map_is_its_matrix():
    matrix = known([3.0, 2.0, 1.0, 0.1], 9, 12)
    jacobian = Jacobian(lambda x: x @ matrix.T, torch.zeros(1, 12).double())
    assert jacobian.shape() == (9, 12)
    torch.testing.assert_close(jacobian.dense(), matrix)
    torch.testing.assert_close(Jacobian(lambda x: x @ matrix, torch.zeros(1, 9).double()).dense(), matrix.T)


def test_a_change_is_divided_into_strong_weak_and_null():
    matrix = known([1.0, 0.5, 1e-3, 1e-9], 6, 8)
    _, values, right = torch.linalg.svd(matrix)
    change = 1 * right[0] + 2 * right[2] + 1 * right[3] + 1 * right[6]
    found = shares(change, (values, right[: len(values)]), weak=0.01, null=1e-6)
    assert (found.strong, found.weak, found.null) == pytest.approx((1 / 7, 4 / 7, 2 / 7))


def test_the_jacobian_of_a_network_agrees_with_small_differences(precise):
    x = images(1, 16).double()
    layer = up_to(precise, "layer1", x)
    jacobian = Jacobian(layer, x)
    direction = torch.randn(1, x.numel(), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    change = (layer(x + 1e-7 * direction.view_as(x)) - layer(x - 1e-7 * direction.view_as(x))).flatten() / 2e-7
    torch.testing.assert_close(jacobian.times(direction)[0], change, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(jacobian.dense() @ direction[0], jacobian.times(direction)[0])


def test_likeness_is_perfect_with_itself_and_lower_with_others():
    x = images(3).numpy()
    x = np.cumsum(np.cumsum(x - 0.5, axis=-1), axis=-2)
    x = (x - x.min()) / np.ptp(x)
    for name, measure in MEASURES.items():
        own, other = own_and_other(measure(x, x))
        if name == "spectrum":
            assert own == pytest.approx(0)
            assert (other > 0).all()
        else:
            assert own == pytest.approx(1)
            assert (other < 0.9).all()


def test_edges_survive_a_loss_of_contrast_that_structure_does_not():
    x = np.clip(images(2).numpy(), 0.1, 0.9)
    faded = 0.5 + 0.2 * (x - 0.5)
    assert np.diag(MEASURES["edges"](x, faded)) == pytest.approx(1)
    assert (np.diag(ssim(x, faded)) < 0.9).all()


def test_one_image_has_no_null():
    with pytest.raises(ValueError, match="no other"):
        own_and_other(np.ones((1, 1)))
