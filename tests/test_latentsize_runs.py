"""Rows with runs: what is painted has the boundaries it was given, and predictions find them only where they are."""

import numpy as np
import pytest

from soapbubble.lab import Lab
from soapbubble.studies.latentsize import runs

pytest_plugins = ["decoders_fixture"]


@pytest.fixture(scope="module")
def cfg(smoke):
    return smoke.latentsize.runs


def test_rows_turn_white_and_black_at_their_boundaries():
    row = runs.paint(np.array([[2.0, 4.0, 7.0, 8.0]], dtype=np.float32), 10)
    assert row.tolist() == [[0, 0, 1, 1, 0, 0, 0, 1, 0, 0]]


def test_boundaries_rise_and_no_run_is_empty(cfg):
    boundaries = runs.draw_boundaries(cfg, np.random.default_rng(0))
    assert (np.diff(boundaries, axis=1) >= 1).all()
    assert (runs.paint(boundaries, cfg.pixels).sum(axis=1) >= cfg.runs).all()


def test_r2_is_one_for_the_truth_and_zero_for_the_mean(cfg):
    truth = runs.draw_boundaries(cfg, np.random.default_rng(0))
    assert runs.r2(truth, truth) == 1
    assert runs.r2(truth, np.broadcast_to(truth.mean(axis=0), truth.shape)) == pytest.approx(0)


def test_neighbours_predict_what_the_latents_hold_and_nothing_else(cfg):
    rng = np.random.default_rng(1)
    known, new = (runs.draw_boundaries(cfg, rng) for _ in range(2))
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    assert runs.r2(new, runs.predict_boundaries(cfg, known @ turn, known, new @ turn)) > 0.8
    noise = rng.standard_normal(known.shape), rng.standard_normal(new.shape)
    assert runs.r2(new, runs.predict_boundaries(cfg, noise[0], known, noise[1])) < 0.1


def test_a_latent_for_each_boundary_is_told_from_a_mixture(cfg):
    boundaries = runs.draw_boundaries(cfg, np.random.default_rng(2))
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((4, 4)))[0]
    assert runs.rank_r2_of_best_latent(boundaries[:, ::-1], boundaries) == pytest.approx(1)
    assert runs.rank_r2_of_best_latent(boundaries @ turn, boundaries) < 0.9


def test_an_autoencoder_beats_principal_components_after_some_training(cfg):
    cfg = cfg.model_copy(update={"seeds": 2, "rows": 2000, "width": 64, "steps": 500, "batch_size": 64, "lr": 0.003})
    error = {}
    for row in runs.measure(cfg, Lab()).rows:
        if row.quantity == "squared_error":
            error.setdefault(row.condition["method"], []).append(row.value)
    assert max(error["autoencoder"]) < min(error["PCA"])
