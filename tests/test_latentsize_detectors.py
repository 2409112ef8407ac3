"""Detectors of the study of large latent spaces fire where something is planted, and only there."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import norm

from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes
from soapbubble.measuring.distributions import Settings
from soapbubble.stats import mixture_overlap, rotation, strokes, two_sample
from soapbubble.studies.latentsize import critic, dimensions, prior_to_posterior, supports

pytest_plugins = ["decoders_fixture"]


def spread_thinly(rng, n, d, length):
    """Codes with unit noise on every axis and one strong direction that no axis shows."""
    direction = rng.choice([-1.0, 1.0], size=d) / np.sqrt(d)
    return rng.standard_normal((n, d)) + length * rng.standard_normal((n, 1)) * direction, direction


def test_the_mean_discrepancy_is_zero_on_average_for_two_samples_of_one_law(rng):
    found = [two_sample.mean_discrepancy(*rng.standard_normal((2, 60, 5))) for _ in range(60)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(60)
    assert min(found) < 0 < max(found)


def test_distances_of_clouds_see_a_shift(rng):
    a, b, c = rng.standard_normal((3, 200, 10))
    assert two_sample.mean_discrepancy(a + 0.5, b) > 20 * abs(two_sample.mean_discrepancy(c, b))
    assert two_sample.sliced_distance(a + 3, b, 50, rng) > 5 * two_sample.sliced_distance(c, b, 50, rng)


def test_the_sliced_distance_of_a_shift_is_its_length_over_the_root_of_the_dimension(rng):
    cloud = rng.standard_normal((50, 16))
    assert two_sample.sliced_distance(cloud + 2, cloud, 4000, rng) == pytest.approx(2, rel=0.05)
    assert two_sample.sliced_distance(cloud, cloud[::-1], 10, rng) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("width", [2, 4, 6])
def test_the_width_of_a_long_bar_is_its_width(width):
    picture = np.zeros((1, 60, 60))
    picture[0, :, 20 : 20 + width] = 1
    assert strokes.stroke_width(picture) == pytest.approx(width, rel=0.05)
    assert strokes.ink(picture) == pytest.approx(width / 60)


def test_no_ink_has_no_width():
    assert np.isnan(strokes.stroke_width(np.zeros((2, 8, 8))))


def test_shuffled_tiles_keep_the_ink_of_every_place_and_forget_the_rest_of_the_picture(rng):
    pictures = np.repeat(rng.random((400, 1, 1)), 4, axis=1).repeat(4, axis=2)
    mixed = strokes.tiles_shuffled(pictures, 2, rng)
    assert np.allclose(np.sort(mixed, axis=0), np.sort(pictures, axis=0))
    assert np.allclose(mixed[:, 0, 0], mixed[:, 1, 1])
    assert abs(np.corrcoef(mixed[:, 0, 0], mixed[:, 3, 3])[0, 1]) < 0.2


def test_axes_of_the_prior_pass_and_a_shifted_one_fails(rng):
    codes = rng.standard_normal((300, 100))
    assert rotation.rejected_axes(codes, 100) <= 0.01
    codes[:, :30] += 1
    assert rotation.rejected_axes(codes, 100) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(("n", "d"), [(400, 50), (50, 400)])
def test_the_largest_variance_of_noise_lies_at_the_edge(rng, n, d):
    found = rotation.largest_variances(rng.standard_normal((n, d)), 3)
    assert found[0] == pytest.approx(rotation.noise_edge(n, d), rel=0.06)
    assert np.all(np.diff(found) < 0)


@pytest.mark.parametrize(("n", "d"), [(400, 50), (50, 400)])
def test_wide_axes_are_the_principal_ones(rng, n, d):
    codes, direction = spread_thinly(rng, n, d, 20)
    axes = rotation.wide_axes(codes, 3)
    assert np.allclose(axes.T @ axes, np.eye(3), atol=1e-6)
    assert abs(axes[:, 0] @ direction) > 0.95


def test_a_rotated_signal_passes_axis_by_axis_and_fails_along_its_direction(rng):
    codes, _ = spread_thinly(rng, 600, 2000, 8)
    axes = rotation.wide_axes(codes[:200], 1)
    assert rotation.rejected_axes(codes, 2000) < 0.01
    assert (codes[200:] @ axes).var() > 10
    assert rotation.rotated_gain(axes, codes[200:400], codes[400:]) > 5


def test_independent_axes_gain_nothing_from_wide_directions(rng):
    for _ in range(5):
        codes = rng.standard_normal((300, 500))
        axes = rotation.wide_axes(codes[:100], 10)
        assert rotation.rotated_gain(axes, codes[100:200], codes[200:]) < 1


def test_the_gain_is_that_of_the_gaussian(rng):
    wide = np.sqrt([9.0, 4.0])
    fitted, scored = rng.standard_normal((2, 100_000, 2)) * wide
    expected = (wide**2 - 1 - np.log(wide**2)).sum() / 2
    assert rotation.rotated_gain(np.eye(2), fitted, scored) == pytest.approx(expected, rel=0.02)


def test_ratios_are_those_of_the_normal_densities(rng):
    points, means = rng.standard_normal((4, 3)), rng.standard_normal((2, 3))
    deviations = rng.uniform(0.5, 1.5, (2, 3))
    own = norm.logpdf(points[:, None], means, deviations).sum(axis=2)
    expected = own - norm.logpdf(points).sum(axis=1)[:, None]
    assert np.allclose(mixture_overlap.component_ratios(points, means, deviations), expected)
    whole = mixture_overlap.mixture_ratio(points, [(means, deviations)])
    pieces = mixture_overlap.mixture_ratio(points, [(means[:1], deviations[:1]), (means[1:], deviations[1:])])
    assert np.allclose(whole, np.log(np.exp(expected).mean(axis=1)))
    assert np.allclose(whole, pieces)


@pytest.mark.parametrize("length", [0.0, 1.0, 3.0])
def test_one_unit_bubble_overlaps_as_its_length_says(rng, length):
    mean = np.array([[length, 0.0]])
    ratios = mixture_overlap.mixture_ratio(rng.standard_normal((40_000, 2)), [(mean, np.ones((1, 2)))])
    assert mixture_overlap.total_variation(ratios) == pytest.approx(2 * norm.cdf(length / 2) - 1, abs=0.01)


@pytest.mark.parametrize("rate", [0.5, 4.0, 20.0])
def test_unrelated_centres_agree_with_a_mixture_on_orthogonal_axes(rng, rate):
    count = 60
    means = np.sqrt(2 * rate) * np.eye(count)
    ratios = mixture_overlap.mixture_ratio(rng.standard_normal((3000, count)), [(means, np.ones_like(means))])
    theory = mixture_overlap.unrelated_centres(rate, count, 3000, rng)
    assert theory == pytest.approx(mixture_overlap.total_variation(ratios), abs=0.03)


def test_the_mixture_loses_the_prior_where_the_rate_passes_the_logarithm_of_its_size(rng):
    low, high = (mixture_overlap.unrelated_centres(share * np.log(2000), 2000, 50, rng) for share in (0.1, 4))
    assert low < 0.2
    assert high > 0.95


def test_separability_is_one_half_for_equals_and_one_for_strangers(rng):
    assert mixture_overlap.auc(np.ones(3), np.ones(4)) == 0.5
    assert mixture_overlap.auc(np.array([2, 3]), np.array([0, 1])) == 1
    assert mixture_overlap.auc(*rng.standard_normal((2, 2000))) == pytest.approx(0.5, abs=0.04)


def test_the_critic_accepts_digits_and_refuses_corrupted_ones_also_of_a_kind_that_it_was_not_trained_on(digits):
    rng = np.random.default_rng(0)
    images = rng.permutation(digits.images[..., 0].astype(np.float32) / 255)
    settings = critic.CriticSettings(seed=1, digits=120, steps=150, batch_size=32, blurs=[0.0, 0.6], accepted=0.9)
    trained = critic.train_critic(settings, images[:120], images[120:160])
    unseen = images[160:]
    intact = trained.realistic_share(unseen)
    assert intact > 0.7
    for kind, corrupt in {**critic.TRAINING_CORRUPTIONS, **critic.UNSEEN_CORRUPTIONS}.items():
        assert trained.realistic_share(corrupt(unseen, rng)) < intact - 0.2, kind


def test_the_steps_from_prior_to_posterior_close_the_whole_gap():
    found = (100.0, 95.0, 90.0, 60.0, 40.0, 30.0, 20.0, 10.0)
    distances = dict(zip(prior_to_posterior.DISTRIBUTIONS, found, strict=True))
    out = Outcome()
    prior_to_posterior._gaps("a model", 0, distances, {latents: -distances[latents] for latents in distances}, out)
    closed = {row.condition["step"]: row.value for row in out.rows if row.quantity == "gap_closed"}
    assert closed.pop("shifted prior") == pytest.approx(5 / 90)
    assert sum(closed.values()) == pytest.approx(1)
    assert closed["full Gaussian"] == pytest.approx(50 / 90)
    recovered = {row.condition["latents"]: row.value for row in out.rows if row.quantity == "gap_recovered"}
    assert recovered["chosen on validation"] == pytest.approx(5 / 90)
    assert recovered["second-stage VAE"] == pytest.approx(80 / 90)


def test_slopes_and_equal_kl_are_those_of_power_laws(smoke):
    groups = {"arms": {"arm": ["a", "b"]}, "sweeps": {"a": ["a", "a2"], "b": ["b", "b2"]}}
    cfg = smoke.latentsize.dimensions.model_copy(update=groups)
    size = {"a": 16, "a2": 16, "b": 64, "b2": 64}
    distances = {"a": {0: 4.0}, "a2": {0: 16.0}, "b": {0: 8.0}, "b2": {0: 32.0}}
    kls = {"a": {0: 1.0}, "a2": {0: 4.0}, "b": {0: 1.0}, "b2": {0: 4.0}}
    out = Outcome()
    dimensions._slopes(cfg, size, distances, out)
    dimensions._at_equal_kl(cfg, size, distances, kls, out)
    found = {(row.quantity, row.condition.get("dimension")): row.value for row in out.rows}
    assert found["frechet_slope", None] == pytest.approx(0.5)
    assert found["matched_kl", None] == pytest.approx(2)
    assert found["matched_frechet_distance", 16] == pytest.approx(8)
    assert found["matched_frechet_distance", 64] == pytest.approx(16)


def test_a_model_in_two_sweeps_is_refused(smoke):
    with pytest.raises(ValueError, match="in one of the sweeps only"):
        dimensions.Dimensions(sweeps={"a": ["dense-16"], "b": ["dense-16"]})


def planted_bubbles(smoke, rng, dimension, length):
    """What `supports` measures of a network whose codes all have this length."""

    def encode(pictures):
        directions = torch.from_numpy(rng.standard_normal((len(pictures), dimension)).astype(np.float32))
        return length * directions / directions.norm(dim=1, keepdim=True), torch.zeros(len(pictures), dimension)

    case = SimpleNamespace(
        name="planted",
        replicate=0,
        latents=dimension,
        network=SimpleNamespace(encode=encode),
        images=SimpleNamespace(train=torch.zeros(400, 1), train_origin=np.arange(400)),
        rng=rng,
    )
    out = Outcome()
    supports._geometry(smoke.latentsize.supports.model_copy(update={"pairs": 400}), case, out)
    return {row.quantity: row.value for row in out.rows}


def test_the_rise_is_that_from_half_of_the_bubbles_to_all(smoke, rng):
    means = torch.from_numpy(3 * rng.standard_normal((40, 5)).astype(np.float32))
    network = SimpleNamespace(encode=lambda pictures: (means[pictures[:, 0].long()], torch.zeros(len(pictures), 5)))
    case = SimpleNamespace(network=network, components=torch.arange(40.0)[:, None])
    points = rng.standard_normal((30, 5)).astype(np.float32)
    whole, rise = supports._log_ratios(smoke.latentsize.supports, case, points)
    unit = np.ones((40, 5), dtype=np.float32)
    assert whole == pytest.approx(mixture_overlap.mixture_ratio(points, [(means.numpy(), unit)]), rel=1e-4)
    assert rise.min() > -1e-5
    same, none = supports._log_ratios(
        smoke.latentsize.supports, SimpleNamespace(network=network, components=torch.zeros(6, 1)), points
    )
    assert none == pytest.approx(np.zeros(30), abs=1e-5)
    assert np.isfinite(same).all()


@pytest.mark.parametrize(("trained_on", "outside"), [(100, 1.0), (800, 0.0)])
def test_a_draw_is_outside_only_if_the_bubbles_left_out_would_not_reach_it(smoke, monkeypatch, trained_on, outside):
    monkeypatch.setattr(supports, "decode_digits", lambda network, latents: latents)
    case = SimpleNamespace(name="a model", replicate=0, network=None, components=range(100), trained_on=trained_on)
    kinds = ("prior", supports.TEST, "full Gaussian", "mixture")
    clouds = {kind: np.zeros((50, 1)) for kind in (supports.TRAINING, *kinds)}
    ratios = {supports.TRAINING: np.zeros(50)} | {kind: np.full(50, -10.0) for kind in kinds}
    rises = {kind: np.full(50, 4.0) for kind in kinds}
    out = Outcome()
    accepting = SimpleNamespace(realistic_share=lambda images: 1.0)
    supports._outside(smoke.latentsize.supports, case, clouds, ratios, rises, accepting, out)
    shares = [row.value for row in out.rows if row.quantity == "outside_share"]
    assert shares == [outside] * len(kinds)


def test_far_codes_in_few_dimensions_are_told_apart_by_radius(smoke, rng):
    found = planted_bubbles(smoke, rng, dimension=4, length=6.0)
    assert found["in_shell_share"] < 0.1
    assert found["radius_separability"] > 0.99
    assert found["offset_over_radius"] == pytest.approx(3)


def test_codes_in_many_dimensions_are_told_apart_by_direction_only(smoke, rng):
    found = planted_bubbles(smoke, rng, dimension=20_000, length=6.0)
    assert found["in_shell_share"] > 0.9
    assert found["radius_separability"] < 0.7
    assert found["projection_separability"] > 0.999


def test_draws_from_a_shell_farther_out_are_told_apart_by_radius_and_a_unit_of_length_is_not_seen(smoke, rng):
    means = rng.standard_normal((400, 20_000)).astype(np.float32)
    found = supports._separation(supports._two_shells(means, rng))
    assert found["in_shell_share"] < 0.1
    assert found["radius_separability"] > found["projection_separability"] + 0.1
    same = planted_bubbles(smoke, rng, dimension=20_000, length=1.0)
    assert same["in_shell_share"] > 0.8
    assert same["radius_separability"] < same["projection_separability"]


def test_where_axes_are_turned_the_covariance_closes_the_gap_and_the_axes_do_not(smoke, rng):
    dimension, n = 16, 400
    wide = np.float32([3.0] * 4 + [0.2] * 12)
    means = wide * rng.standard_normal((n, dimension), dtype=np.float32)
    codes = Codes(means, np.full_like(means, 0.1))

    class Plain(torch.nn.Module):
        latent_shape = (dimension,)

        def expected_images(self, latents):
            return torch.nn.functional.pad(latents, (0, 28 * 28 - dimension)).reshape(-1, 1, 28, 28)

    real = SimpleNamespace(
        test=np.zeros(n),
        evaluator=SimpleNamespace(frechet=lambda images: spread_gap(images.reshape(n, -1)[:, :dimension], means)),
    )
    settings, out = Settings(fitted=n), Outcome()
    prior_to_posterior._turned_axes(smoke.latentsize.prior_to_posterior, Plain(), codes, real, settings, 0, out)
    closed = {row.condition["step"]: row.value for row in out.rows}
    assert closed["full Gaussian"] > 0.5
    assert closed["diagonal Gaussian"] < 0.25


def spread_gap(points, of):
    """Distance of two clouds by their covariances."""
    return float(np.linalg.norm(np.cov(points.T) - np.cov(of.T)))
