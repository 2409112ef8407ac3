"""Outlines through untrained networks: the latent ratio, the noise, the ways around a bottleneck."""

from collections import Counter

import numpy as np
import pytest
import torch
from study_fixture import dataset

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.decoders import DecoderSpec
from soapbubble.models.vae import build_vae
from soapbubble.stats.edges import correlations, edge_maps, luminance, matched_excess
from soapbubble.studies.decoders import bottleneck, outlines
from soapbubble.studies.decoders.pictures import as_bytes, grey, pictures, spread

pytest_plugins = ["decoders_fixture"]


def network(way="spatial", seed=0):
    spec = DecoderSpec(blocks=2, width=8, latent_channels=4, latent_size=8, norm="batch")
    return build_vae(spec, seed, way)


def test_latent_ratio_of_planted_signal_and_noise():
    generator = torch.Generator().manual_seed(0)
    mean = 3 * torch.randn((200, 2, 8, 8), generator=generator)
    ratio = outlines.latent_ratio(mean + 7, torch.full_like(mean, np.log(4)))
    assert ratio == pytest.approx(9 / 4, rel=0.03)


def test_a_pattern_common_to_all_pictures_is_no_signal():
    pattern = torch.randn((1, 2, 8, 8), generator=torch.Generator().manual_seed(0))
    assert outlines.latent_ratio(pattern.expand(5, 2, 8, 8), torch.zeros(5, 2, 8, 8)) == pytest.approx(0)


def test_contrast_to_noise_finds_the_planted_ratio(rng):
    signal = 0.5 * rng.standard_normal((1, 40, 16, 16))
    outputs = signal + rng.standard_normal((20, 40, 16, 16))
    assert outlines.contrast_to_noise(outputs) == pytest.approx(0.5, rel=0.05)


def test_contrast_to_noise_of_outputs_that_ignore_their_picture_is_nil(rng):
    pattern = 5 * rng.standard_normal((1, 1, 16, 16))
    assert outlines.contrast_to_noise(pattern + rng.standard_normal((30, 6, 16, 16))) < 0.05


def test_equivariance_is_one_for_the_identity_and_nil_for_noise(rng):
    plain = rng.standard_normal((6, 32, 32))
    assert bottleneck.equivariance(plain, np.roll(plain, (4, 4), axis=(1, 2)), 4) == pytest.approx(1)
    assert abs(bottleneck.equivariance(plain, rng.standard_normal(plain.shape), 4)) < 0.1


@pytest.mark.parametrize("way", ["spatial", "dense", "permuted"])
def test_the_way_without_shortcuts_is_the_network_itself(way):
    vae, images = network(way), torch.rand((3, 3, 32, 32), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(bottleneck.through(vae, images, skips=False), vae(images, noise=0))


def test_shortcuts_carry_outlines_around_a_bottleneck_that_passes_nothing(rng):
    images = torch.zeros((8, 3, 32, 32))
    for number, (top, left) in enumerate(rng.integers(4, 18, size=(8, 2))):
        images[number, :, top : top + 8, left : left + 8] = 1
    edges = edge_maps(luminance(images.numpy()), 4)
    excess = {True: [], False: []}
    for seed in range(6):
        vae = network("dense", seed)
        torch.nn.init.zeros_(vae.encoder.mean[1].weight)
        for skips, found in excess.items():
            with torch.inference_mode():
                output = luminance(bottleneck.through(vae, images, skips).numpy())
            found.append(matched_excess(correlations(edges, edge_maps(output, 4))))
    assert np.mean(excess[True]) > 0.1
    assert np.mean(excess[False]) == pytest.approx(0, abs=1e-6)


def test_pictures_are_spread_over_the_set_and_keep_their_range(faces):
    chosen = pictures(faces, 3, 16, seed=1)
    assert chosen.shape == (3, 3, 16, 16)
    assert chosen.min() >= -1
    assert chosen.max() <= 1
    assert list(spread(10, 4)) == [0, 3, 6, 9]


def test_each_seed_draws_one_picture_from_each_part_of_the_set():
    numbered = dataset("faces", np.tile(np.arange(32, dtype=np.uint8)[:, None, None, None], (1, 4, 4, 3)))
    draws = [np.rint((pictures(numbered, 8, 4, seed)[:, 0, 0, 0].numpy() + 1) * 127.5) for seed in range(6)]
    assert all((draw // 4).tolist() == list(range(8)) for draw in draws)
    assert len({tuple(draw) for draw in draws}) == 6
    assert len(pictures(numbered, 40, 4, seed=0)) == 40


def test_replicates_see_pictures_of_their_own_and_all_ways_the_same(smoke, faces, monkeypatch):
    seen = Counter()
    through = bottleneck.through

    def recorded(network, images, skips):
        seen[images.numpy().tobytes()] += 1
        return through(network, images, skips)

    monkeypatch.setattr(bottleneck, "through", recorded)
    cfg = smoke.decoders.bottleneck
    bottleneck.measure(cfg, Lab({"faces": faces, "photos": faces}))
    # The two datasets are one here; each replicate sends its pictures plain and shifted.
    assert sorted(seen.values()) == [2 * len(bottleneck.WAYS)] * 2 * cfg.seeds


def test_grey_bytes_become_shares():
    assert grey(np.full((2, 8, 8, 1), 255, dtype=np.uint8), 4).unique().tolist() == [1.0]


def test_pictures_for_figures_do_not_depend_on_scale(rng):
    batch = rng.standard_normal((2, 3, 8, 8))
    assert (as_bytes(batch) == as_bytes(100 * batch - 7)).all()


def test_the_latent_ratio_beats_its_factors_where_it_decides_and_not_where_noise_does(smoke):
    cfg = smoke.decoders.outlines
    rng = np.random.default_rng(0)
    levels = np.tile((0.1, 0.3, 1.0), 200)
    own = np.exp(rng.normal(np.log(0.1), 2, 600))
    found = {}
    for truth, passing in {"ratio": own / levels**2 > 1, "noise": levels < 0.2}.items():
        out = Outcome()
        sweep = np.column_stack([np.arange(600) % cfg.seeds, np.full(600, min(cfg.blocks)), levels, own, passing])
        outlines._prediction(out, sweep, cfg)
        ratio, *rivals = (
            np.mean([row.value for row in out.rows if row.condition == {"blocks": "all"} | rival])
            for rival in ({}, {"score": "noise level"}, {"score": "network's ratio"})
        )
        found[truth] = ratio - max(rivals)
    assert found["ratio"] > 0.05
    assert found["noise"] < -0.05


def test_noise_only_takes_outlines_away(smoke, faces, photos):
    out = outlines.measure(smoke.decoders.outlines, Lab({"faces": faces, "photos": photos}))
    quantities = {row.quantity for row in out.rows}
    assert {"outline_excess", "outline_gain", "outline_explained_share", "outline_contrast_to_noise"} <= quantities
    assert {"latent_signal_to_noise", "signal_to_noise_auc", "rival_auc"} <= quantities
    assert set(out.pictures) == {"faces", "edges of faces", "photos", "edges of photos"}

    def mean_excess(noise):
        chosen = [
            row.value
            for row in out.rows
            if row.quantity == "outline_excess"
            and row.condition["noise"] == noise
            and row.condition["norm"] == "batch"
            and row.condition["blocks"] == 2
        ]
        return np.mean(chosen)

    assert mean_excess(0.0) > mean_excess(1.0)
