"""Who is responsible for a scatter: planted causes are found with their shares."""

import numpy as np
import pytest

from soapbubble.stats.variance import changing_share, crossed_shares, omega_squared


def test_crossed_shares_find_planted_causes():
    rng = np.random.default_rng(0)
    tables = [
        2 * rng.standard_normal((12, 1)) + rng.standard_normal((1, 12)) + rng.standard_normal((12, 12))
        for _ in range(200)
    ]
    assert np.mean([crossed_shares(table) for table in tables], axis=0) == pytest.approx([0.64, 0.18, 0.18], abs=0.04)


def test_shares_of_a_constant_table_are_undefined():
    assert np.isnan(crossed_shares(np.ones((4, 4)))).all()


def test_labels_that_decide_everything_have_an_omega_squared_of_one():
    assert omega_squared(np.array([1.0, 1.0, 3.0, 3.0]), np.array(["a", "a", "b", "b"])) == pytest.approx(1)


def test_omega_squared_is_zero_on_average_for_shuffled_labels_of_any_number_of_groups():
    rng = np.random.default_rng(3)
    values = rng.standard_normal(16)
    for labels in (np.arange(16) % 2, np.repeat(np.arange(7), [5, 3, 2, 2, 2, 1, 1])):
        shares = [omega_squared(values, rng.permutation(labels)) for _ in range(4000)]
        assert np.mean(shares) == pytest.approx(0, abs=0.015)


def test_omega_squared_finds_a_planted_share():
    rng = np.random.default_rng(4)
    labels = np.repeat(np.arange(4), 500)
    values = np.array([-1.0, -1.0, 1.0, 1.0])[labels] + rng.standard_normal(2000)
    assert omega_squared(values, labels) == pytest.approx(0.5, abs=0.04)


def test_omega_squared_of_constant_values_or_of_single_members_is_undefined():
    assert np.isnan(omega_squared(np.ones(4), np.array([0, 0, 1, 1])))
    assert np.isnan(omega_squared(np.arange(4.0), np.arange(4)))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_changing_share_is_found_without_bias_from_few_latents(share):
    rng = np.random.default_rng(3)
    found = []
    for _ in range(60):
        fixed = rng.standard_normal((1, 1, 24, 24))
        changing = rng.standard_normal((4, 1, 24, 24))
        found.append(changing_share(np.sqrt(1 - share) * fixed + np.sqrt(share) * changing))
    assert np.mean(found) == pytest.approx(share, abs=0.02)
