"""Linear stacks and their inversion: against plain loops, closed forms and planted cases."""

from itertools import pairwise

import mpmath
import numpy as np
import pytest
import torch

from soapbubble.models.linear_stack import SCHEMES, draw_biases, draw_layers, product
from soapbubble.stats.linear_descent import descend, falling_rates
from soapbubble.studies.width.conditioning import first_step_cosine, log10_condition
from soapbubble.studies.width.contraction import SPIKE
from soapbubble.studies.width.convolutions import passed_on
from soapbubble.studies.width.inversion import PAGE_INPUTS, different_photographs, shrunk, units
from soapbubble.studies.width.maps import convolution, matrix_of, nullity
from soapbubble.studies.width.preimages import forward, invert
from soapbubble.studies.width.stacks import null_space_share


def plain_loop(widths, layers, biases, target, start, rates, weight):
    """The published loop: a module, the L1 distance of its outputs, a gradient step on the input."""
    network = torch.nn.Sequential(*(torch.nn.Linear(a, b, dtype=torch.float64) for a, b in pairwise(widths)))
    for module, layer, bias in zip(network, layers, biases, strict=True):
        module.weight.data, module.bias.data = torch.from_numpy(layer), torch.from_numpy(bias)
    image = torch.from_numpy(start).requires_grad_()
    wanted = network(torch.from_numpy(target)).detach()
    for rate in rates:
        loss = weight * (network(image) - wanted).abs().sum()
        (gradient,) = torch.autograd.grad(loss, image)
        image = (image - rate * gradient).detach().requires_grad_()
    return image.detach().numpy()


@pytest.mark.parametrize("widths", [(30, 40), (30, 20, 40), (30, 30, 30, 30)])
def test_descent_in_matrix_form_equals_the_plain_loop(widths):
    layers, biases = draw_layers(widths, 3), draw_biases(widths, 3)
    random = np.random.default_rng(4)
    target, start = random.random(30), random.normal(0.7, 0.05, 30)
    rates = falling_rates(40, 0.1, 1e-4)
    slow = plain_loop(widths, layers, biases, target, start, rates, 0.35)
    fast = target + descend(product(layers), start - target, rates, 0.35)[0]
    assert np.linalg.norm(fast - slow) < 1e-4 * np.linalg.norm(start - slow)
    assert np.linalg.norm(start - slow) > 0.05


def test_descent_keeps_what_it_is_asked_for():
    matrix, error = draw_layers((10, 20), 1)[0], np.ones(10)
    rates = falling_rates(9, 0.1, 0.01)
    path = descend(matrix, error, rates, 1.0, [3, 9])
    np.testing.assert_array_equal(path[0], descend(matrix, error, rates[:3], 1.0)[0])
    np.testing.assert_array_equal(path[1], descend(matrix, error, rates, 1.0)[0])


def test_descent_on_a_diagonal_map_steps_by_its_signs():
    left = descend(np.diag(SPIKE), np.array([1.0, -1.0, 0.5, 2.0]), [0.1, 0.1], 0.5)[0]
    np.testing.assert_allclose(left, [0.9, -0.9, 0.4, 1.995], rtol=1e-6)


def test_default_layers_are_those_of_torch():
    layer = draw_layers((400, 300), 5)[0]
    module = torch.nn.Linear(400, 300).weight.detach().numpy()
    assert layer.shape == module.shape
    assert np.abs(layer).max() <= 400**-0.5
    assert layer.std() == pytest.approx(module.std(), rel=0.01) == pytest.approx((3 * 400) ** -0.5, rel=0.01)
    assert np.abs(draw_biases((400, 300), 5)[0]).max() <= 400**-0.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_initialisation_gives_layers_of_full_rank_and_the_same_again(scheme):
    layers = draw_layers((12, 12, 12), 6, scheme)
    assert [nullity(layer) for layer in layers] == [0, 0]
    np.testing.assert_array_equal(layers, draw_layers((12, 12, 12), 6, scheme))


def test_condition_numbers_beyond_double_precision_agree_with_exact_arithmetic():
    layers = draw_layers([6] * 41, 7)
    with mpmath.workdps(80):
        whole = mpmath.eye(6)
        for layer in layers:
            whole = mpmath.matrix(layer.tolist()) * whole
        values = mpmath.svd_r(whole, compute_uv=False)
        exact = float(mpmath.log10(values[0] / values[5]))
    assert exact > 17
    assert log10_condition(layers) == pytest.approx(exact, abs=1e-3)


def test_what_a_projection_hides_is_its_floor_and_descent_stays_above():
    projection = np.eye(8)[:6]
    error = np.array([1.0, 1, 1, 1, 1, 1, 2, 3])
    floor = null_space_share(projection, error)
    assert floor == pytest.approx((13 / 19) ** 0.5)
    left = descend(projection, error, falling_rates(2000, 0.1, 1e-4), 0.35)[0]
    assert np.linalg.norm(left) / np.linalg.norm(error) == pytest.approx(floor, rel=1e-3)
    assert null_space_share(np.eye(8), error) == pytest.approx(0, abs=1e-12)


def test_a_convolution_as_a_matrix_does_what_the_convolution_does():
    layer = convolution(2, 3, 3, 2, torch.Generator().manual_seed(1))
    image = torch.rand(1, 2, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    np.testing.assert_allclose(matrix_of(layer, (2, 5, 5)) @ image.numpy().ravel(), layer(image).numpy().ravel())


def test_the_mean_of_three_neighbours_loses_one_direction_where_three_divides_the_length_plus_one():
    for pixels in (5, 6, 7, 8):
        box = np.eye(pixels) + np.eye(pixels, k=1) + np.eye(pixels, k=-1)
        eigenvalues = 1 + 2 * np.cos(np.arange(1, pixels + 1) * np.pi / (pixels + 1))
        assert nullity(box) == np.count_nonzero(np.abs(eigenvalues) < 1e-12) == (pixels % 3 == 2)


def test_max_pooling_passes_on_each_entry_once_and_no_zeros():
    maps = torch.zeros(1, 2, 4, 4)
    assert passed_on(maps - 1) == 0
    maps[0, 0, 1, 1] = 1  # in four windows of the first channel
    maps[0, 1, 3, 3] = 2
    assert passed_on(maps) == 2


def test_stacks_are_inverted_layer_by_layer():
    widths = [40] * 4
    layers, biases = draw_layers(widths, 8), draw_biases(widths, 8)
    inputs = np.random.default_rng(9).random((40, 3))
    np.testing.assert_allclose(invert(layers, biases, forward(layers, biases, inputs)), inputs, atol=1e-8)
    explicit = forward(layers, biases, inputs)
    for layer, bias in zip(reversed(layers), reversed(biases), strict=True):
        explicit = np.linalg.inv(layer) @ (explicit - bias[:, None])
    np.testing.assert_allclose(explicit, inputs, atol=1e-8)


def test_the_first_step_is_the_best_one_where_nothing_is_contracted():
    random = np.random.default_rng(10)
    rotation = np.linalg.qr(random.standard_normal((6, 6)))[0]
    samples = np.tile(np.eye(6), 4)
    targets = random.standard_normal((6, 24))
    assert first_step_cosine([rotation, rotation], samples, targets) == pytest.approx(1)
    uneven = np.diag([1, 1, 1, 1e-3, 1e-3, 1e-3]) @ rotation
    assert first_step_cosine([rotation, uneven], samples, targets) < 0.2


def test_images_shrink_by_averaging_and_widths_keep_their_proportion():
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[1, :2, :, 0] = 255
    np.testing.assert_allclose(shrunk(images, 2)[1], [1, 1, 0, 0] + [0] * 8)
    assert units(PAGE_INPUTS, 192) == 192
    assert units(3000, 192) == 228
    assert different_photographs(np.arange(8), 3).tolist() == [0, 2, 4]
    assert different_photographs(np.arange(2), 3).tolist() == [0, 1, 0]
