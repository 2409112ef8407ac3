"""Canvases of other sizes, and the measures of patches and of far ink: right on what is planted, and only there."""

import numpy as np
import pytest
import torch

from soapbubble.autoencoders.pictures import pictures as pictures_of
from soapbubble.autoencoders.train import train
from soapbubble.config.autoencoders import Autoencoder
from soapbubble.models.autoencoder import build
from soapbubble.parts.loading import load
from soapbubble.stats.scales import long_range_share, patch_distance
from soapbubble.studies.bottleneck import canvas
from soapbubble.studies.bottleneck.growth import Growth

pytest_plugins = ["decoders_fixture"]

GRID = {"side": 28, "bottleneck": "grid", "grid": 7, "channels": 2, "width": 4}
DENSE = {"side": 28, "bottleneck": "dense", "grid": 1, "channels": 6, "width": 4}


@pytest.fixture
def tiles():
    """Tiles with a frame of nought and a middle of their own."""
    made = torch.zeros(20, 1, 28, 28)
    made[:, :, 4:-4, 4:-4] = torch.linspace(0.2, 1, 20)[:, None, None, None]
    return made


def test_canvases_of_all_sizes_hold_the_same_ink(tiles, rng):
    for size in ((28, 28), (36, 36), (20, 100)):
        ink = canvas.tiled(tiles, size, 400, (28, 28), rng).mean(dim=(1, 2, 3))
        assert float(ink.mean()) == pytest.approx(float(tiles.mean()), abs=4 * float(ink.std()) / 20)


def test_canvases_of_whole_tiles_cut_none(tiles, rng):
    made = canvas.tiled(tiles, (56, 84), 5, (0, 0), rng)
    assert made.shape == (5, 1, 56, 84)
    blocks = made.unfold(2, 28, 28).unfold(3, 28, 28).reshape(-1, 1, 28, 28)
    assert all((block == tiles).flatten(1).all(dim=1).any() for block in blocks)


@pytest.mark.parametrize(("size", "change"), [((28, 56), 0), ((36, 36), 0), ((30, 32), -2), ((45, 44), -1)])
def test_a_grid_gives_multiples_of_four_back_whole_and_cuts_other_sizes(size, change):
    assert canvas.fits(size) == (change == 0)
    assert min(canvas.change(build(Autoencoder(**GRID), seed=0), size)) == change


@pytest.mark.parametrize(
    ("height", "width", "refused"), [(36, 28, True), (32, 32, True), (28, 28, False), (31, 30, False)]
)
def test_dense_layers_refuse_what_leaves_them_another_number_of_cells(height, width, refused):
    assert canvas.refuses(build(Autoencoder(**DENSE), seed=0), torch.zeros(1, 1, height, width)) == refused


def squares(rng, count, together):
    """Two squares a picture in opposite corners, of one strength if `together`, else of strengths of their own."""
    strengths = rng.random((count, 2))
    if together:
        strengths[:, 1] = strengths[:, 0]
    images = np.zeros((count, 28, 28))
    images[:, 4:10, 4:10] = strengths[:, :1, None]
    images[:, 18:24, 18:24] = strengths[:, 1:, None]
    return images


def test_far_ink_is_found_where_far_squares_agree_and_only_there(rng):
    real = squares(rng, 400, True)
    assert long_range_share(squares(rng, 400, True), real) == pytest.approx(1, abs=0.02)
    assert long_range_share(squares(rng, 400, False), real) == pytest.approx(0, abs=0.15)
    assert long_range_share(np.zeros((10, 28, 28)), real) == 0


def test_patches_do_not_see_what_is_far_and_do_see_what_is_near(rng):
    real, apart = squares(rng, 400, True), squares(rng, 400, False)
    floor = patch_distance(real, squares(rng, 400, True), 5, 4000, rng)
    assert patch_distance(real, apart, 5, 4000, rng) < 5 * floor
    speckled = np.where(rng.random(real.shape) < 0.5, real, 0)
    assert patch_distance(real, speckled, 5, 4000, rng) > 20 * floor


def test_the_first_steps_of_a_training_are_those_of_a_shorter_one_without_decay(smoke, digits):
    settings = smoke.autoencoders.training.model_copy(
        update={"device": "cpu", "steps": 12, "batch_size": 8, "warm_up": 2}
    )
    first = settings.model_copy(update={"steps": 5, "decay": 0.001})
    spec = Autoencoder(**GRID, early_stop=False)
    made = pictures_of(digits, 28, smoke.autoencoders.pictures)
    seen = []
    for training in (settings, first):

        def watch(step, network):
            if step == 5:
                seen.append(network.decoder[-1].weight.detach().clone())

        train("grid", spec, training, made, 7, watch=watch)
    assert torch.equal(*seen)


def test_what_is_watched_begins_untrained_and_ends_with_the_training(smoke):
    block = smoke.bottleneck.growth.model_dump()
    for snapshots in ([1, 3], [0, 2], [0, 3, block["training"]["steps"] + 1]):
        with pytest.raises(ValueError, match="snapshots must begin at 0"):
            Growth(**{**block, "snapshots": snapshots})


@pytest.mark.parametrize("overlay", [None, "mnist", "paper"])
def test_trainings_that_are_watched_are_the_first_steps_of_those_that_are_measured(project, overlay):
    config = load([project / "config.yaml", *([project / "config" / f"{overlay}.yaml"] if overlay else [])])
    whole, watched = config.autoencoders.training, config.bottleneck.growth.training
    for name in ("device", "seeds", "seed", "batch_size", "lr", "warm_up"):
        assert getattr(whole, name) == getattr(watched, name)
    assert watched.steps < whole.steps * (1 - whole.decay)
