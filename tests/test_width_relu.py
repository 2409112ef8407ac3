"""Layers with ReLU, batch norm and pooling at smoke size: closed forms, planted cases, every claim decided."""

from importlib import import_module
from math import comb

import numpy as np
import pytest
import torch
from study_fixture import CONFIG, Study, StudyTests, dataset, rows_of

from soapbubble.lab import Lab
from soapbubble.measurements import Measurement
from soapbubble.measuring.dense_stacks import gaussian_weights, local_jacobians, narrowest_relu_layers
from soapbubble.measuring.inversion import Descent, invert
from soapbubble.models.initialise import seeded
from soapbubble.models.small_vision import ResNet18
from soapbubble.stats.half_spaces import fewest_positive, fewest_positive_found
from soapbubble.stats.jacobian_rank import rank

STUDY = Study(
    "width", ("relu", "injectivity", "late_width", "first_block", "error_shares", "active_units"), section="Theoretical"
)


class SmallNetworks:
    """Stands for the small ResNets of a run: two replicates, of which the trained ones are other random ones."""

    replicates = range(2)

    def network(self, replicate):
        with seeded(10 + replicate):
            return ResNet18(4, 2).eval().requires_grad_(False)

    def untrained(self, replicate):
        with seeded(replicate):
            return ResNet18(4, 2).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def lab():
    random = np.random.default_rng(1)
    photos = (255 * random.random((8, 4, 4, 3)) ** 2).astype(np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    digits = random.integers(0, 256, (60, 28, 28, 1), dtype=np.uint8)
    labels = {"labels": np.arange(len(digits)) % 10}
    data = {"photos": dataset("photos", photos), "digits": dataset("digits", digits, extras=labels)}
    return Lab(data, networks={"resnet-natural": SmallNetworks()})


def planted(quantity, values, where):
    return [Measurement(quantity, where, network, value) for network, value in enumerate(values)]


# --- half-spaces ---


def test_fewest_rows_on_one_side_of_a_line_have_wendels_distribution():
    rng = np.random.default_rng(2)
    m, n, draws = 7, 2, 1500
    one_sided = np.mean([fewest_positive(rng.standard_normal((m, n))) == 0 for _ in range(draws)])
    expected = sum(comb(m - 1, k) for k in range(n)) / 2 ** (m - 1)  # Wendel 1962
    assert abs(one_sided - expected) < 4 * np.sqrt(expected / draws)


def test_fewest_rows_agree_with_many_directions_tried_blindly():
    rng = np.random.default_rng(3)
    for n in (2, 3, 4):
        rows = rng.standard_normal((4 * n, n))
        blind = ((rng.standard_normal((200_000, n)) @ rows.T) > 0).sum(axis=1).min()
        assert fewest_positive(rows) == blind


def test_corners_of_a_polygon_leave_nearly_half_on_any_side():
    angles = 2 * np.pi * np.arange(9) / 9 + 0.1
    assert fewest_positive(np.stack([np.cos(angles), np.sin(angles)], axis=1)) == 4


def test_the_search_never_goes_below_the_exact_number_and_mostly_meets_it():
    rng = np.random.default_rng(4)
    pairs = []
    for _ in range(10):
        rows = rng.standard_normal((14, 3))
        pairs.append((fewest_positive_found(rows, 32, 100, rng), fewest_positive(rows)))
    assert all(search >= exact for search, exact in pairs)
    assert sum(search == exact for search, exact in pairs) >= 8


# --- dense stacks ---


def test_jacobians_agree_with_automatic_differentiation():
    rng = np.random.default_rng(5)
    weights = gaussian_weights([4, 6, 5], 2, rng)
    inputs = rng.standard_normal((2, 4))
    functions = {"ReLU": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda z: z}
    for activation, function in functions.items():
        *_, (states, jacobians) = local_jacobians(weights, inputs, activation)
        for network in range(2):

            def stack(x, function=function, network=network):
                for weight in weights:
                    x = function(torch.from_numpy(weight[network]) @ x)
                return x

            x = torch.from_numpy(inputs[network])
            expected = torch.autograd.functional.jacobian(stack, x)
            np.testing.assert_allclose(states[network], stack(x), atol=1e-12)
            np.testing.assert_allclose(jacobians[network], expected, atol=1e-12)


def test_smallest_width_of_a_layer_is_negative_binomial():
    rng = np.random.default_rng(6)
    n, share = 12, 0.4
    widths = [narrowest_relu_layers(rng.standard_normal(n), 2, share, rng) for _ in range(150)]
    for layer in range(2):
        drawn = np.array([width[layer] for width in widths])
        deviation = np.sqrt(n * (1 - share)) / share
        assert abs(drawn.mean() - n / share) < 4 * deviation / np.sqrt(len(drawn))
        assert drawn.min() >= n


def test_rank_never_grows_from_layer_to_layer():
    rng = np.random.default_rng(7)
    weights = gaussian_weights([10, 16, 40, 80], 20, rng)
    ranks = [rank(jacobian) for _, jacobian in local_jacobians(weights, rng.standard_normal((20, 10)), "ReLU")]
    assert (np.diff(ranks, axis=0) <= 0).all()
    assert (ranks[0] < 10).any()


# --- the first block ---


def test_batch_norm_is_that_of_torch_in_both_modes():
    block = import_module("soapbubble.studies.width.first_block")
    maps = torch.rand(1, 5, 6, 6)
    layer = torch.nn.BatchNorm2d(5)
    np.testing.assert_allclose(block.batch_norm(maps, "image"), layer.train()(maps).detach(), atol=1e-5)
    np.testing.assert_allclose(
        block.batch_norm(maps, "stored"), torch.nn.BatchNorm2d(5).eval()(maps).detach(), atol=1e-6
    )


def test_the_symbol_gives_the_singular_values_of_a_periodic_convolution(lab):
    block = import_module("soapbubble.studies.width.first_block")
    side, weight = 8, block.filters(3).double()
    cfg = CONFIG.width.first_block.model_copy(update={"grid": side // block.STRIDE})
    from soapbubble.measurements import Outcome

    out = Outcome()
    block._symbol(out, cfg, 3, 0)
    basis = torch.eye(3 * side**2, dtype=torch.float64).reshape(-1, 3, side, side)
    wrapped = torch.nn.functional.pad(basis, (3, 3, 3, 3), mode="circular")
    matrix = torch.nn.functional.conv2d(wrapped, weight, stride=2).flatten(1).T
    values = torch.linalg.svdvals(matrix)
    assert out.rows[0].value == pytest.approx(float(values[-1] / values[0]), rel=1e-6)


def test_descent_on_an_orthogonal_layer_finds_its_input():
    q = torch.linalg.qr(torch.randn(20, 20, generator=torch.Generator().manual_seed(1))).Q
    image = torch.rand(1, 20, generator=torch.Generator().manual_seed(2))
    moved = invert(lambda x: x @ q.T, image, torch.full_like(image, 0.7), Descent(2000, 0.1, 1e-4, blur=None))
    assert moved.input_distance[-1, 0] < 1e-2 * moved.input_distance[0, 0]


# --- the study ---


@pytest.mark.parametrize("claim", ["relu-definition", "erratum-p-zero"])
def test_exact_claims_hold_at_any_size(outcomes, claim):
    assert STUDY.judged(claim, rows_of(outcomes)) == "supported"


def test_layers_below_twice_the_inputs_never_keep_all_inputs_apart(outcomes):
    below = [row.value for row in outcomes["injectivity"].rows if row.quantity == "fewest_active_below_two"]
    assert below
    assert max(below) < 1


@pytest.mark.parametrize("part", STUDY.parts)
def test_a_rerun_gives_the_same_values(outcomes, lab, part):
    if part != "error_shares":  # the longest; its descents are those of `first_block`
        assert STUDY.measure(part, lab).rows == outcomes[part].rows


def widths(growth):
    """Smallest widths of four layers that grow by a factor from layer to layer."""
    spread = np.linspace(0.97, 1.03, 10)
    rows = [
        row
        for share in (0.3, 0.5)
        for layer in (1, 2, 3, 4)
        for row in planted(
            "smallest_width", spread * growth ** (layer - 1) / share, {"inputs": "few", "p": share, "layer": layer}
        )
    ]
    for layers in range(1, 7):
        for factor, kept in ((1.5, 0.0), (3.0, 1.0 if growth < 1.1 or layers == 1 else 0.2)):
            where = {"activation": "ReLU", "factor": factor, "layers": layers}
            rows.append(Measurement("all_directions_kept", where, 0, kept, "proportion", 100))
    rows.append(Measurement("all_directions_kept_growing", {"layers": 3}, 0, 0.5, "proportion", 100))
    return rows


def test_the_erratum_on_growing_widths_falls_where_widths_grow():
    assert STUDY.judged("erratum-relu-geometric-width-growth", widths(1.0)) == "supported"
    assert STUDY.judged("erratum-relu-geometric-width-growth", widths(2.0)) == "refuted"


def exchanged(by_width, by_spectrum):
    """Distances after descent, of which the wide layer takes off one share and its singular values another."""
    spread = np.linspace(0.98, 1.02, 10)
    return [
        row
        for width in ("narrow", "wide")
        for spectrum in ("narrow", "wide")
        for row in planted(
            "swapped_distance",
            spread * (1 - by_width * (width == "wide")) * (1 - by_spectrum * (spectrum == "wide")),
            {"loss": "l1", "width": width, "spectrum": spectrum},
        )
    ]


def test_the_exchange_tells_width_from_singular_values():
    claim = "late-width-works-through-gradient"
    assert STUDY.judged(claim, exchanged(by_width=0.3, by_spectrum=0.3)) == "supported"
    assert STUDY.judged(claim, exchanged(by_width=0.0, by_spectrum=0.3)) == "refuted"
    # Where neither makes a difference the experiment shows nothing.
    assert STUDY.judged(claim, exchanged(by_width=0.0, by_spectrum=0.0)) == "undecided"


def lost(share, control, strong=0.05):
    unfinished = planted(
        "error_share",
        strong * np.array([0.98, 1.0, 1.02]),
        {"network": "ResNet", "weights": "untrained", "stage": "Conv5", "descent": "L-BFGS", "directions": "strong"},
    )
    names = {"ResNet": ("Conv5", share), "half as many outputs": ("all", control), "badly conditioned": ("all", 0.0)}
    return unfinished + [
        row
        for network, (stage, value) in names.items()
        for descent in ("fixed step", "falling step")
        for row in planted(
            "error_share",
            value * np.linspace(0.98, 1.02, 5),
            {"network": network, "weights": "untrained", "stage": stage, "descent": descent, "directions": "lost"},
        )
    ]


def test_exact_loss_is_told_from_conditioning():
    assert STUDY.judged("resnet-failure-mostly-nonuniqueness", lost(0.8, 0.97)) == "supported"
    assert STUDY.judged("resnet-failure-mostly-nonuniqueness", lost(0.2, 0.97)) == "refuted"
    assert STUDY.judged("resnet-failure-mostly-nonuniqueness", lost(0.2, 0.5)) == "undecided"
    assert STUDY.judged("resnet-failure-mostly-nonuniqueness", lost(0.2, 0.97, strong=0.4)) == "undecided"


class TestStudy(StudyTests):
    pass
