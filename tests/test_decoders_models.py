"""Untrained decoders, encoders and generators: shapes, seeds, and the pieces that only exist as controls."""

import pytest
import torch

from soapbubble.errors import SoapbubbleError
from soapbubble.models.decoders import DecoderSpec, build_decoder, dense_decoder, draw_latents
from soapbubble.models.encoders import build_encoder, mirror
from soapbubble.models.generators import GENERATORS, MORE_GENERATORS
from soapbubble.models.initialise import initialise, parameter_count
from soapbubble.models.layers import Interpolate
from soapbubble.models.vae import build_vae

SMALL = DecoderSpec(blocks=2, width=8, latent_channels=6)
OPERATORS = ["nearest", "bilinear", "bicubic", "transposed", "transposed3", "pixelshuffle", "none"]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("latent_size", [1, 4])
@pytest.mark.parametrize("extras", [{}, {"residual": True, "attention": True, "norm": "group", "output": "tanh"}])
def test_a_decoder_prints_images_of_the_side_that_its_specification_states(operator, latent_size, extras):
    spec = DecoderSpec(operator, blocks=2, width=8, latent_channels=6, latent_size=latent_size, **extras)
    images = build_decoder(spec, 0)(draw_latents(spec, 3, 0))
    assert images.shape == (3, 3, spec.image_side, spec.image_side)
    assert torch.isfinite(images).all()


@pytest.mark.parametrize("build", [build_decoder, dense_decoder])
def test_the_seed_alone_fixes_the_weights_and_leaves_other_random_numbers_alone(build):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = build(SMALL, 1), build(SMALL, 1), build(SMALL, 2)
    assert torch.equal(torch.rand(3), expected)
    z = draw_latents(SMALL, 2, 0)
    assert torch.equal(first(z), again(z))
    assert not torch.allclose(first(z), other(z))


def test_weights_and_latents_of_one_seed_share_no_random_numbers():
    spec = DecoderSpec(blocks=1, width=64, latent_channels=64, init="he", bias="zero")
    weight = next(build_decoder(spec, 3).parameters()).flatten()[:4096]
    latents = draw_latents(spec, 4, 3).flatten()
    assert abs(torch.corrcoef(torch.stack([weight, latents]))[0, 1]) < 4 / 64


def test_initialisers_have_their_stated_variance():
    layer = torch.nn.Linear(400, 300)
    fan_in = 400
    for init, variance in {"default": 1 / (3 * fan_in), "he": 2 / fan_in, "xavier": 2 / 700, "small": 0.02**2}.items():
        torch.manual_seed(0)
        fresh = torch.nn.Linear(400, 300)
        initialise(fresh, init, gain=2.0, bias="zero")
        assert fresh.weight.var().item() == pytest.approx(4 * variance, rel=0.03)
        assert fresh.bias.abs().max() == 0
    initialise(layer, "orthogonal")
    assert torch.allclose(layer.weight @ layer.weight.T, torch.eye(300), atol=1e-4)


@pytest.mark.parametrize(
    ("key", "value"), [("upsampling", "magic"), ("kernel", 2), ("blocks", 0), ("norm", "l2"), ("bias", "ones")]
)
def test_an_impossible_decoder_is_refused_by_name(key, value):
    with pytest.raises(SoapbubbleError, match=key):
        DecoderSpec(**{key: value})


def test_doubling_keeps_a_constant_image_constant():
    for mode in ("nearest", "bilinear", "bicubic"):
        assert torch.allclose(Interpolate(mode)(torch.ones(1, 2, 5, 5)), torch.ones(1, 2, 10, 10))


@pytest.mark.parametrize("bottleneck", ["spatial", "dense", "permuted"])
def test_an_encoder_takes_images_back_to_the_latent_shape(bottleneck):
    images = torch.randn(2, 3, SMALL.image_side, SMALL.image_side)
    mean, log_variance = build_encoder(mirror(SMALL, bottleneck), 0)(images)
    assert mean.shape == log_variance.shape == (2, *SMALL.latent_shape)


def test_a_permuted_bottleneck_holds_the_same_sites_in_another_order():
    images = torch.randn(2, 3, SMALL.image_side, SMALL.image_side)
    plain = build_encoder(mirror(SMALL, "spatial"), 7)(images)[0].flatten(2)
    permuted = build_encoder(mirror(SMALL, "permuted"), 7)(images)[0].flatten(2)
    assert not torch.allclose(plain, permuted)
    assert torch.allclose(plain.sum(dim=2), permuted.sum(dim=2), atol=1e-5)
    assert torch.allclose(plain.sort(dim=2).values, permuted.sort(dim=2).values, atol=1e-6)


def test_a_vae_without_noise_decodes_the_mean_and_with_noise_scatters_by_its_standard_deviation():
    vae = build_vae(SMALL, 0)
    images = torch.randn(2, 3, SMALL.image_side, SMALL.image_side)
    mean, log_variance = vae.encode(images)
    assert torch.equal(vae(images, noise=0.0), vae.decoder(mean))
    many = torch.stack([vae.sample(mean, log_variance, 0.5) for _ in range(2000)])
    assert torch.allclose(many.std(dim=0), 0.5 * torch.exp(log_variance / 2), rtol=0.15)


@pytest.mark.parametrize("name", [*GENERATORS, *MORE_GENERATORS])
def test_every_generator_prints_64_pixels_that_depend_on_seed_and_latent(name):
    generator = (GENERATORS | MORE_GENERATORS)[name]
    z = torch.randn(3, generator.latent, 1, 1)
    with torch.no_grad():
        images = generator.build(8, 0)(z)
        same, other = generator.build(8, 0)(z), generator.build(8, 1)(z)
    assert images.shape == (3, 3, 64, 64)
    assert torch.equal(images, same)
    assert not torch.allclose(images, other)
    assert not torch.allclose(images[0], images[1])


def test_parameters_are_counted_by_hand():
    spec = DecoderSpec(blocks=1, width=5, latent_channels=2, kernel=3, out_channels=1)
    assert parameter_count(build_decoder(spec, 0)) == (2 * 5 * 9 + 5) + (5 * 1 * 9 + 1)
