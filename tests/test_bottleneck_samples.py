"""The causes of bad samples: each is found where it is planted, and only there."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from untrained_models import UntrainedModels

from soapbubble.autoencoders.pictures import Pictures
from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge
from soapbubble.claims.schema import read_claims, read_sources
from soapbubble.claims.thresholds import shown_in
from soapbubble.figures.found import found as found_by_figures
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.autoencoder import Codes
from soapbubble.measuring.evaluator import SampleEvaluator
from soapbubble.measuring.pca import principal_components
from soapbubble.parts.studies import study
from soapbubble.stats.frechet import frechet_distance
from soapbubble.studies.bottleneck import causes, samples, textures
from soapbubble.studies.bottleneck.decomposition import excess_parts, fraction, prior_to_posterior
from soapbubble.studies.bottleneck.matching import at_equal

pytest_plugins = ["decoders_fixture"]

CELLS = (2, 2, 2)
COUNT = 4000


@pytest.fixture
def rng():
    return np.random.default_rng(24)


def planted(rng, between=0.0, within=0.0, scale=1.0, skewed=False):
    """Codes of 2 x 2 cells of 2 channels whose axes have mean 0 and, up to `scale`, variance 1."""
    n = COUNT
    everywhere = rng.standard_normal((n, 2, 1))
    cell = rng.standard_normal((n, 1, 4))
    own = rng.standard_normal((n, 2, 4))
    mixed = np.sqrt(between) * everywhere + np.sqrt(within) * cell + np.sqrt(1 - between - within) * own
    if skewed:
        mixed = rng.exponential(size=(n, 2, 4)) - 1
    mean = (scale * mixed).reshape(n, 8).astype(np.float32)
    return Codes(mean, np.full_like(mean, 0.01))


def distances(codes, rng, features=lambda latents: latents):
    """Distances of the images of a decoder that returns its latents."""
    real = features(codes.mean)
    latents = prior_to_posterior(codes, CELLS, COUNT, rng)
    return {name: frechet_distance(features(drawn), real) for name, drawn in latents.items()}


@pytest.mark.parametrize(
    ("plant", "part"),
    [
        ({"between": 0.8}, "between cells"),
        ({"within": 0.8}, "within cells"),
        ({"scale": 0.3}, "moments"),
    ],
)
def test_the_excess_is_put_down_to_the_planted_cause(rng, plant, part):
    distance = distances(planted(rng, **plant), rng)
    excess = distance["prior"] - distance["aggregate posterior"]
    for name, value in excess_parts(distance).items():
        assert value / excess == pytest.approx(float(name == part), abs=0.05)


def test_the_shape_of_axes_is_found_by_features_that_see_it(rng):
    distance = distances(planted(rng, skewed=True), rng, lambda latents: np.abs(latents) ** 3)
    excess = distance["prior"] - distance["aggregate posterior"]
    assert excess_parts(distance)["shape"] / excess > 0.8


def test_shuffling_cells_costs_all_where_cells_depend_and_nothing_where_they_do_not(rng):
    dependent, free = (distances(planted(rng, **plant), rng) for plant in ({"between": 0.8}, {"within": 0.8}))
    assert fraction(dependent, "cells shuffled", "aggregate posterior") == pytest.approx(1, abs=0.05)
    assert fraction(free, "cells shuffled", "aggregate posterior") == pytest.approx(0, abs=0.05)


def test_parts_add_up_to_the_excess(rng):
    distance = dict(zip(distances(planted(rng), rng), rng.random(9), strict=True))
    assert sum(excess_parts(distance).values()) == pytest.approx(distance["prior"] - distance["aggregate posterior"])


def test_a_model_that_cannot_be_sampled_without_overfitting_is_found():
    out = Outcome()
    fine, bad = {"prior": 3.0, "aggregate posterior": 2.0}, {"prior": 30.0, "aggregate posterior": 2.0}
    facts = {
        samples.GRID: [{**bad, "gap": 0.01}, {**bad, "gap": 0.05}],
        samples.DENSE: [{**fine, "gap": 0.02}, {**fine, "gap": 0.02}],
        "dense-196-beta-8th": [{"prior": 99.0, "aggregate posterior": 1.0, "gap": 0.01}] * 2,
    }
    bound = SimpleNamespace(spec=SimpleNamespace(effective_beta=1.0))
    models = {name: bound for name in facts} | {
        "dense-196-beta-8th": SimpleNamespace(spec=SimpleNamespace(effective_beta=0.125))
    }
    samples._overfitting(out, models, facts)
    worst = [row.value for row in out.rows if row.quantity == "worst_ratio_without_overfitting"]
    assert worst == pytest.approx([15, 1.5])


def test_a_network_that_is_nearer_after_twice_the_steps_is_found():
    out = Outcome()
    short = {"aggregate posterior": 2.0, "kl": 20.0, "distortion": 80.0}
    longer = {"aggregate posterior": 2.0, "kl": 21.0, "distortion": 72.0}
    facts = {
        samples.GRID: [{**short, "prior": 10.0}],
        samples.DENSE: [{**short, "prior": 8.0}],
        samples.LONG[samples.GRID]: [{**short, "prior": 10.0}],
        samples.LONG[samples.DENSE]: [{**longer, "prior": 4.0}],
    }
    samples._longer(out, facts)
    found = {(row.quantity, *row.condition.values()): row.value for row in out.rows}
    assert found["nats_saved_by_twice_the_steps", samples.GRID] == pytest.approx(0)
    assert found["nats_saved_by_twice_the_steps", samples.DENSE] == pytest.approx(7)
    assert found["gap_closed_by_dense", "as all"] == pytest.approx(0.25)
    assert found["gap_closed_by_dense", "twice"] == pytest.approx(0.75)


def test_how_often_pictures_were_drawn_is_read_off_those_that_never_were(rng):
    for often in (0.5, 2.0):
        drawn = np.zeros(20_000, dtype=bool)
        drawn[rng.integers(len(drawn), size=int(often * len(drawn)))] = True
        assert samples.passes(drawn) == pytest.approx(often, rel=0.03)
    assert np.isfinite(samples.passes(np.ones(10, dtype=bool)))


@pytest.mark.parametrize(("dense_wins", "supported"), [(0, True), (1, True), (2, False)])
def test_seven_of_eight_reconstructions_are_asked_for(dense_wins, supported):
    out, facts = Outcome(), {}
    for number, (grid, dense) in enumerate(samples.RECONSTRUCTIONS.values()):
        facts[grid] = [{"prior": 1.0 if number < dense_wins else 6.0, "kl": number, "distortion": number}]
        facts[dense] = [{"prior": 2.0, "kl": number, "distortion": number}]
    samples._reconstructions(out, facts)
    (value,) = [row.value for row in out.rows if row.quantity == "second_smallest_reconstruction_ratio"]
    assert (value > 1) == supported


def test_curves_are_compared_where_both_are():
    x, other = np.array([3.0, 1.0, 2.0]), np.array([2.0, 6.0])
    both = at_equal((x, np.exp(x)), (other, np.exp(2 * other)))
    assert both == pytest.approx((np.exp(2.5), np.exp(5.0)))
    assert np.isnan(at_equal((x, x), (other + 5, other))).all()


def test_codes_like_the_prior_cannot_be_told_from_it_and_others_can(rng):
    prior, fitted, codes = rng.standard_normal((3, 1500, 6))
    assert causes.gaussian_auc(fitted, codes, prior) == pytest.approx(0.5, abs=0.04)
    stretched = np.array([0.2, 0.2, 1, 1, 1, 3])
    assert causes.gaussian_auc(fitted * stretched, codes * stretched, prior) > 0.95


class Untrained(UntrainedModels):
    """Models with random pictures, the same for all replicates."""

    def __init__(self, families, names):
        super().__init__(families, names)
        features = principal_components(self._images(90, 28)[:, 0].numpy(), 6).scores
        self.classifiers = 2 * [SimpleNamespace(features=features, accuracy=0.9, tested=100)]

    def _images(self, count, side):
        return torch.rand((count, 1, side, side), generator=torch.Generator().manual_seed(count)) ** 3

    def _pictures(self, side, replicate):
        none = np.zeros(0, dtype=int)
        origin = np.arange(120) // 4
        return Pictures(
            self._images(120, side), origin, origin, self._images(4, side), self._images(50, side), none, none
        )


@pytest.fixture(scope="module")
def outcomes(smoke):
    """The three parts, tried with untrained networks."""
    data = dict.fromkeys(("digits", "photos"), SimpleNamespace(split_of=lambda replicate: replicate))
    families = smoke.autoencoders.families
    pairs = [name for pair in samples.RECONSTRUCTIONS.values() for name in pair]
    grids = ["grid-8x8x1", "grid-4x4x4", "grid-2x2x16", "grid-1x1x64"]
    small = ["dense-8", "dense-16"]
    names = {
        samples: dict.fromkeys([*pairs, *samples.PAGE, *grids, *small]),
        causes: dict.fromkeys([causes.GRID, *causes.PLAIN.values(), *causes.DECOMPOSED, *causes.CHANGES]),
        textures: [name for pair in textures.MODELS.values() for name in pair],
    }
    found = {}
    for part, wanted in names.items():
        name = part.__name__.rsplit(".", 1)[-1]
        cfg = getattr(smoke.bottleneck, name).model_copy(update={"images": 40, "fit_images": 60})
        found[name] = part.measure(cfg, Lab(data, Untrained(families, wanted)))
    return found


def test_the_claims_of_these_parts_find_what_they_ask_for(project, outcomes):
    table = Table(row for outcome in outcomes.values() for row in outcome.rows)
    drawn = {name for part in outcomes for name in study("bottleneck").part(part).figures}
    measured = {row.quantity for outcome in outcomes.values() for row in outcome.rows}
    sources = read_sources(project / "claims/sources.yaml")
    own = [
        claim
        for claim in read_claims(project / "claims/bottleneck.yaml", sources)
        if claim.figure in drawn and all(item.quantity in measured for item, _ in claim.rule.selections())
    ]
    assert len(own) >= 18
    for claim in own:
        assert judge(claim, table, [], {"digits": "built-in", "photos": "built-in"})["evidence"]


def test_untrained_models_of_one_architecture_sample_as_they_reconstruct(outcomes):
    """Before training the decoder prints nearly the same whatever it is fed: no cause, no difference."""
    ratios = [row.value for row in outcomes["samples"].rows if row.quantity == "log_prior_over_posterior"]
    assert np.abs(ratios).max() < 0.5


def test_a_plain_autoencoder_is_given_no_noise(outcomes):
    """The untrained std is about 1: with it, the codes' variance would be near that of the prior."""
    variances = found_by_figures(outcomes["causes"].rows).rows("code_variance").groupby("codes")["value"].mean()
    assert variances["grid-7x7x4-ae"] < 0.5 < variances["grid-7x7x4"]


def test_the_gap_is_that_between_the_losses_on_new_and_on_seen_images(smoke, monkeypatch):
    def encode(network, images):
        return Codes(np.zeros((len(images), 196), np.float32), np.ones((len(images), 196), np.float32))

    monkeypatch.setattr(samples, "encode", encode)
    monkeypatch.setattr(samples, "_distortion", lambda network, latents, images: 100 * images.mean(dim=(1, 2, 3)))
    models = Untrained(smoke.autoencoders.families, [samples.GRID])
    pictures = models[samples.GRID].pictures(None, 0)
    given = replace(pictures, train=torch.ones_like(pictures.train), test=torch.full_like(pictures.test, 1.1))
    setup = samples.Setup(given, SampleEvaluator.on(models.classifiers[0].features, given.test[:, 0].numpy()))
    _, found = samples._sample(smoke.bottleneck.samples, models[samples.GRID], 0, setup)
    assert found["gap"] == pytest.approx(0.1)


def test_every_model_has_its_row_of_images(outcomes):
    for name in samples.PAGE:
        sheet = outcomes["samples"].pictures[f"{name} page"]
        assert len(sheet) == len(samples.LATENTS)
        assert sheet.dtype == np.uint8


@pytest.mark.parametrize("name", ["samples", "causes", "textures"])
def test_every_figure_of_these_parts_can_be_drawn(smoke, outcomes, name):
    part = study("bottleneck").part(name)
    lines = shown_in(part.figures, study("bottleneck").claims)
    seen = found_by_figures(outcomes[name].rows, outcomes[name].pictures, lines)
    for module, functions in part.drawings():
        for function in functions:
            assert getattr(module, function)(seen, smoke.plot).axes
