"""The autoencoders that studies share: trained as asked, the same again after a stop, and faulty only where planted."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
import torch

from soapbubble.autoencoders.classifier import save_classifiers, train_classifiers
from soapbubble.autoencoders.pictures import Pictures, digits_only, pictures
from soapbubble.autoencoders.store import Models, card_path, save_model
from soapbubble.autoencoders.task import AutoencoderTask
from soapbubble.autoencoders.train import train
from soapbubble.config.autoencoders import Autoencoder
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.autoencoder import Codes, decode_digits, encode
from soapbubble.measuring.training import Checkpoint, Curve
from soapbubble.models.autoencoder import build, distortion, objective, rate
from soapbubble.stats.sample_quality import density_coverage, precision_recall

pytest_plugins = ["decoders_fixture"]

GRID = {"side": 28, "bottleneck": "grid", "grid": 7, "channels": 2, "width": 4}
DENSE = {"side": 28, "bottleneck": "dense", "grid": 1, "channels": 6, "width": 4}


@pytest.fixture
def training(smoke):
    """Eight steps, with a look after every second."""
    changes = {
        "device": "cpu",
        "steps": 8,
        "batch_size": 8,
        "validate_every": 2,
        "warm_up": 0,
        "checkpoint_seconds": 1e-9,
    }
    return smoke.autoencoders.training.model_copy(update=changes)


@pytest.fixture(scope="module")
def bars():
    """Pictures of an upright bar, of varying place and strength."""
    generator = torch.Generator().manual_seed(3)
    made = torch.zeros(120, 1, 28, 28)
    for row in range(120):
        left = int(torch.randint(4, 20, (), generator=generator))
        made[row, 0, 4:24, left : left + 4] = 0.5 + 0.5 * torch.rand((), generator=generator)
    labels = np.arange(120) % 10
    return Pictures(made[:64], labels[:64], np.arange(64), made[64:96], made[96:], labels[96:], np.arange(24))


@pytest.fixture
def settled():
    """A network and pictures for what a training computes, without one."""
    return build(Autoencoder(**GRID), seed=1), torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def weights(network):
    return {key: value.clone() for key, value in network.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


class Stop(Exception):
    """What interrupts a training here."""


@pytest.mark.parametrize("shape", [GRID, DENSE, {**GRID, "norm": "batch"}])
def test_a_training_is_repeated_bit_by_bit_and_another_seed_changes_it(training, bars, shape):
    spec = Autoencoder(**shape)
    first, curve, drawn = train("some", spec, training, bars, seed=5)
    torch.manual_seed(99)  # nothing else that draws numbers has a say
    again, same_curve, same_drawn = train("some", spec, training, bars, seed=5)
    other, *_ = train("some", spec, training, bars, seed=6)
    assert same(weights(first), weights(again))
    assert curve == same_curve
    assert torch.equal(drawn, same_drawn)
    assert not same(weights(first), weights(other))


@pytest.mark.parametrize("shape", [GRID, DENSE, {**GRID, "norm": "batch"}, {**GRID, "noise": "shared"}])
def test_a_training_stopped_in_the_middle_ends_with_the_same_bytes(training, bars, shape, tmp_path):
    spec = Autoencoder(**shape)
    whole, curve, drawn = train("some", spec, training, bars, seed=5)
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors", "this one")
    seen = []

    def watch(done, network):
        seen.append(done)
        if len(seen) == 6:
            raise Stop

    with pytest.raises(Stop):
        train("some", spec, training, bars, 5, checkpoint, watch)
    resumed, same_curve, same_drawn = train("some", spec, training, bars, 5, checkpoint, watch)
    assert seen == [0, 1, 2, 3, 4, 5, 5, 6, 7, 8]
    assert same(weights(whole), weights(resumed))
    assert curve == same_curve
    assert torch.equal(drawn, same_drawn)


@pytest.mark.parametrize("trouble", ["another purpose", "damaged"])
def test_a_checkpoint_that_does_not_fit_is_not_taken_up(training, bars, trouble, tmp_path):
    spec = Autoencoder(**GRID)
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors", "this one")
    whole, *_ = train("some", spec, training, bars, 5, checkpoint)
    if trouble == "damaged":
        content = checkpoint.path.read_bytes()
        checkpoint.path.write_bytes(content[: len(content) // 2])
    else:
        checkpoint = Checkpoint(checkpoint.path, trouble)
    seen = []
    again, *_ = train("some", spec, training, bars, 5, checkpoint, lambda done, network: seen.append(done))
    assert seen[0] == 0
    assert same(weights(whole), weights(again))


@pytest.mark.parametrize("cause", ["not a number", "lr"])
def test_a_training_that_diverges_ends_with_one_sentence_that_names_the_model(training, bars, cause):
    spec = Autoencoder(**GRID, lr=1e20 if cause == "lr" else None)
    shown = bars
    if cause == "not a number":
        shown = Pictures(**{**bars.__dict__, "train": torch.full_like(bars.train, float("nan"))})
    with pytest.raises(SoapbubbleError, match=r"^autoencoders\.models\.some: training diverged [^\n]+\.$"):
        train("some", spec, training.model_copy(update={"steps": 40, "decay": 0.1}), shown, seed=5)


def test_a_training_that_blew_up_before_the_first_look_is_refused_though_it_stays_there(training, bars, monkeypatch):
    # Finite and the same at every look: only the untrained network shows that this is no training.
    losses = iter([1.0, 50.0, 50.0, 50.0])
    monkeypatch.setattr(AutoencoderTask, "validation", lambda task: {"loss": next(losses)})
    with pytest.raises(SoapbubbleError, match=r"diverged before step 2 \(validation loss 50, untrained 1\)"):
        train("some", Autoencoder(**GRID), training, bars, seed=5)


@pytest.mark.parametrize("early_stop", [True, False])
def test_early_stopping_keeps_the_weights_of_the_best_look(training, bars, early_stop):
    # What is held out is the negative of what is learnt, so the longer the training the worse.
    inverse = Pictures(**{**bars.__dict__, "validation": 1 - bars.validation})
    spec = Autoencoder(**GRID, early_stop=early_stop)
    seen = {}
    settings = training.model_copy(update={"steps": 30, "patience": 2, "lr": 0.01})
    network, curve, drawn = train(
        "some", spec, settings, inverse, 5, None, lambda done, net: seen.update({done: weights(net)})
    )
    assert curve.validation["loss"][curve.best] == min(curve.validation["loss"])
    if early_stop:
        assert curve.best == 0
        assert curve.step == [2, 4, 6]
        assert same(weights(network), seen[2])
        assert drawn.sum() <= 2 * settings.batch_size  # what was drawn after the best look has no part in these weights
    else:
        assert curve.step[-1] == 30
        assert same(weights(network), seen[30])


def test_the_pictures_drawn_are_those_whose_change_changes_the_weights(training, bars):
    spec = Autoencoder(**GRID, early_stop=False)
    settings = training.model_copy(update={"steps": 3, "batch_size": 2, "lr": 0.01})
    network, _, drawn = train("some", spec, settings, bars, 5)
    assert 0 < int(drawn.sum()) <= 6 < len(drawn)
    for changed in (drawn, ~drawn):
        others = torch.where(changed[:, None, None, None], 1 - bars.train, bars.train)
        again, *_ = train("some", spec, settings, Pictures(**{**bars.__dict__, "train": others}), 5)
        assert same(weights(network), weights(again)) != bool((changed & drawn).any())


def test_training_lowers_the_held_out_loss(training, bars):
    settings = training.model_copy(update={"steps": 60, "validate_every": 20, "lr": 0.01})
    curve = train("some", Autoencoder(**DENSE), settings, bars, seed=5)[1]
    losses = curve.validation["loss"]
    assert losses[-1] < 0.8 * losses[0]
    assert np.allclose(np.array(curve.validation["distortion"]) + np.array(curve.validation["kl"]), losses)


@pytest.mark.parametrize("shape", [GRID, DENSE])
def test_the_mean_loss_is_the_sum_loss_with_the_effective_beta(shape):
    mean = Autoencoder(**shape, loss="mean", beta=0.7)
    summed = Autoencoder(**shape, beta=mean.effective_beta)
    assert mean.effective_beta == pytest.approx(0.7 * 28**2 / mean.latents)
    shown = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    gradients = []
    for spec in (mean, summed):
        network = build(spec, seed=1)
        center, log_variance = network.encode(shown)
        lost = distortion(network, network.decode(center), shown)
        objective(network, lost, rate(center, log_variance)).backward()
        gradients.append(torch.cat([parameter.grad.flatten() for parameter in network.parameters()]))
    torch.testing.assert_close(gradients[0] * 28**2, gradients[1], rtol=1e-4, atol=1e-4)


def drawn(noise, mean, log_variance):
    network = build(Autoencoder(**GRID, noise=noise), seed=1)
    return network.draw(mean, log_variance, torch.Generator().manual_seed(2))


def test_own_noise_has_the_deviation_asked_for_and_knows_of_no_other_cell():
    log_variance = torch.full((4000, 2, 7, 7), -1.0)
    latents = drawn("own", torch.full_like(log_variance, 3.0), log_variance)
    assert float(latents.mean()) == pytest.approx(3, abs=0.01)
    assert float(latents.std()) == pytest.approx(np.exp(-0.5), rel=0.01)
    correlations = np.corrcoef(latents.flatten(1).T)
    assert np.abs(correlations[~np.eye(len(correlations), dtype=bool)]).max() < 6 / np.sqrt(4000)


def test_shared_noise_is_the_same_in_all_cells_and_no_other():
    log_variance = torch.zeros(2000, 2, 7, 7)
    latents = drawn("shared", torch.zeros_like(log_variance), log_variance)
    assert torch.equal(latents, latents[:, :, :1, :1].expand_as(latents))
    assert np.abs(np.corrcoef(latents[:, :, 0, 0].T)[0, 1]) < 6 / np.sqrt(2000)
    assert float(latents.std()) == pytest.approx(1, rel=0.05)


def test_noise_scaled_by_the_variance_and_no_noise_are_what_they_say():
    log_variance = torch.full((4000, 2, 7, 7), -2.0)
    mean = torch.full_like(log_variance, 3.0)
    assert float(drawn("variance", mean, log_variance).std()) == pytest.approx(np.exp(-2), rel=0.01)
    assert torch.equal(drawn("none", mean, log_variance), mean)


def test_a_divergence_averaged_over_cells_weighs_a_cell_by_their_number():
    spec = Autoencoder(**GRID, kl_reduction="site-mean")
    lost, divergence = torch.tensor([1.0, 3.0]), torch.tensor([98.0, 49.0])
    assert float(objective(build(spec, 1), lost, divergence)) == pytest.approx(2 + 73.5 / 49)
    assert spec.effective_beta == pytest.approx(1 / 49)


def test_the_divergence_is_that_of_a_simulation():
    mean, log_variance = torch.tensor([[[[0.8]], [[-0.3]]]]), torch.tensor([[[[-1.2]], [[0.4]]]])
    deviation = torch.exp(log_variance / 2)
    noise = torch.randn(400_000, 2, 1, 1, generator=torch.Generator().manual_seed(4))
    latents = mean + deviation * noise
    log_ratio = (-0.5 * noise.square() - torch.log(deviation) + 0.5 * latents.square()).sum(dim=(1, 2, 3))
    assert float(rate(mean, log_variance)) == pytest.approx(float(log_ratio.mean()), abs=0.01)
    codes = Codes(mean.flatten(1).numpy(), deviation.flatten(1).numpy())
    assert codes.kl == pytest.approx(rate(mean, log_variance).numpy())


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_distortion_is_the_negative_log_likelihood_up_to_a_constant(likelihood):
    network = build(Autoencoder(**GRID, likelihood=likelihood), seed=1)
    shown = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(5))
    target = (torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(6)) > 0.5).float()
    if likelihood == "bernoulli":
        density = torch.distributions.Bernoulli(logits=shown)
        constant = 0.0
    else:
        density = torch.distributions.Normal(shown, network.spec.pixel_std)
        constant = 28**2 * np.log(network.spec.pixel_std * np.sqrt(2 * np.pi))
    expected = -density.log_prob(target).flatten(1).sum(1) - constant
    torch.testing.assert_close(distortion(network, shown, target), expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("extra", [{}, {"reach": True}, {"coordinates": True}])
def test_convolutional_networks_take_other_canvases(extra):
    network = build(Autoencoder(**GRID, **extra), seed=1)
    mean, _ = network.encode(torch.rand(2, 1, 28, 56))
    assert mean.shape == (2, 2, 7, 14)
    assert network.decode(mean).shape == (2, 1, 28, 56)


@pytest.mark.parametrize(("height", "width"), [(28, 56), (36, 28)])
def test_dense_networks_refuse_other_canvases_with_a_sentence(height, width):
    with pytest.raises(SoapbubbleError, match=f"{height} x {width} pixels do not fit a dense layer made for 28 x 28"):
        build(Autoencoder(**DENSE), seed=1).encode(torch.rand(2, 1, height, width))


def test_every_model_of_the_run_can_be_built_and_has_the_latents_it_says(smoke):
    for name, spec in smoke.autoencoders.models.items():
        network = build(spec.model_copy(update={"hidden": min(spec.hidden, 8)}), seed=1).eval()
        with torch.inference_mode():
            mean, log_variance = network.encode(torch.rand(1, 1, spec.side, spec.side))
            assert mean.shape == log_variance.shape == (1, *network.latent_shape), name
            assert mean.numel() == spec.latents, name
            assert network.decode(mean).shape == (1, 1, spec.side, spec.side), name


def test_codes_are_what_the_network_gives_however_many_images(settled):
    network, shown = settled
    many = shown.repeat(40, 1, 1, 1)
    codes = encode(network, many)
    mean, log_variance = network.encode(shown)
    assert codes.mean == pytest.approx(np.tile(mean.detach().flatten(1).numpy(), (40, 1)), abs=1e-5)
    assert codes.std[:4] == pytest.approx(np.exp(log_variance.detach().flatten(1).numpy() / 2), abs=1e-5)
    digits = decode_digits(network, codes.mean)
    assert digits.shape == (160, 28, 28)
    assert digits.min() >= 0
    assert digits.max() <= 1
    assert digits[:4] == pytest.approx(digits_only(network.expected_images(mean).detach()), abs=1e-5)


def test_the_margins_of_a_larger_canvas_are_cut_off():
    canvas = np.zeros((1, 1, 32, 32), dtype=np.float32)
    canvas[:, :, 2:30, 2:30] = 1
    assert digits_only(canvas).min() == 1


# The judges of samples.


def test_samples_of_the_same_law_are_precise_and_cover(rng):
    real, fake = rng.standard_normal((2, 800, 4))
    precision, recall = precision_recall(real, fake)
    density, coverage = density_coverage(real, fake)
    assert precision > 0.9
    assert recall > 0.9
    assert coverage > 0.9
    assert density == pytest.approx(1, abs=0.1)


def test_samples_far_away_are_neither_precise_nor_covering(rng):
    real, fake = rng.standard_normal((2, 400, 4))
    assert precision_recall(real, fake + 20) == (0, 0)
    assert density_coverage(real, fake + 20) == (0, 0)


def test_samples_of_half_the_law_are_precise_and_cover_half(rng):
    real = np.concatenate([rng.standard_normal((400, 3)), 30 + rng.standard_normal((400, 3))])
    precision, recall = precision_recall(real, rng.standard_normal((800, 3)))
    assert precision > 0.9
    assert recall == pytest.approx(0.5, abs=0.05)
    assert density_coverage(real, rng.standard_normal((800, 3)))[1] == pytest.approx(0.5, abs=0.05)


def test_samples_wider_than_the_law_lose_precision_and_not_recall(rng):
    real, fake = rng.standard_normal((2, 800, 3))
    precision, recall = precision_recall(real, 3 * fake)
    assert precision < 0.6
    assert recall > 0.8


# Pictures and files.


def test_no_original_is_in_two_sets_and_labels_follow_their_pictures(digits, smoke):
    made = pictures(digits, 32, smoke.autoencoders.pictures)
    copies = smoke.autoencoders.pictures.copies
    train, test = digits.card.splits["train"], digits.card.splits["test"]
    assert made.train.shape[0] + made.validation.shape[0] == copies * train
    assert made.test.shape == (copies * test, 1, 32, 32)
    assert set(made.train_origin) <= set(range(train))
    assert set(made.test_origin) == set(range(train, train + test))
    assert len(set(made.train_origin)) == len(made.train) // copies
    assert np.array_equal(made.test_labels, digits.extras["labels"][made.test_origin])
    assert float(made.train.min()) >= 0
    assert float(made.train.max()) <= 1
    assert made.train.dtype == torch.float32
    few = pictures(digits, 32, smoke.autoencoders.pictures, train_images=7)
    assert len(set(few.train_origin)) == 7
    assert torch.equal(few.test, made.test)


def test_each_replicate_splits_augments_and_validates_anew_unless_the_source_has_a_split(digits, smoke):
    first, again, other = (pictures(digits, 28, smoke.autoencoders.pictures, replicate=number) for number in (1, 1, 2))
    assert torch.equal(first.train, again.train)
    assert torch.equal(first.test, again.test)
    assert first.train.shape == other.train.shape
    assert first.test.shape == other.test.shape

    def images(rows: torch.Tensor) -> set[bytes]:
        return {row.numpy().tobytes() for row in rows}

    plain = smoke.autoencoders.pictures.model_copy(update={"copies": 1})
    sets = [pictures(digits, 28, plain, replicate=number) for number in range(3)]
    shared = np.mean([len(images(one.test) & images(two.test)) for one, two in itertools.combinations(sets, 2)])
    assert shared < 0.7 * len(sets[0].test)
    for each in sets:
        assert not images(each.test) & images(each.train)
        assert not images(each.validation) & images(each.train)
    given = dataclasses.replace(digits, card=digits.card.model_copy(update={"own_split": True}))
    assert torch.equal(pictures(given, 28, plain, replicate=1).train, sets[0].train)


def test_a_copy_looks_most_like_its_own_original(digits, smoke):
    made = pictures(digits, 28, smoke.autoencoders.pictures)
    originals = digits.images[..., 0].reshape(len(digits.images), -1) / 255.0
    flat = made.test.flatten(1).numpy()
    test = np.arange(digits.card.splits["train"], len(originals))
    nearest = ((flat[:, None] - originals[test]) ** 2).sum(axis=2).argmin(axis=1)
    assert np.mean(test[nearest] == made.test_origin) > 0.75


@pytest.fixture
def stored(training, bars, smoke, tmp_path):
    spec = Autoencoder(**DENSE, train_images=5)
    trained = [(seed, *train("some", spec, training, bars, seed)) for seed in (4, 5)]
    path = tmp_path / "some.safetensors"
    save_model("some", spec, smoke.autoencoders.pictures, trained, path, card_path(path))
    return path, trained


def test_a_stored_model_is_the_one_that_was_trained(stored):
    path, trained = stored
    model = Models([path])["some"]
    assert list(model.replicates) == [0, 1]
    assert list(Models([path])) == ["some"]
    for replicate, (_, network, curve, drawn) in enumerate(trained):
        assert same(weights(model.network(replicate)), weights(network))
        assert model.curve(replicate) == curve
        assert np.array_equal(model.seen(replicate), drawn)
        assert isinstance(curve, Curve)
        assert not model.network(replicate).training


DAMAGES = ("cut off", "missing", "no JSON", "not a card", "of another size")


def do_damage(damage, path, block, size):
    """Damage what is stored in `path` and its card, in which `size` is a number of `block` that shapes the weights."""
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:200])
    elif damage == "missing":
        path.unlink()
    elif damage == "of another size":
        card = json.loads(card_path(path).read_text())
        card[block][size] += 1
        card_path(path).write_text(json.dumps(card))
    else:
        card_path(path).write_text("{" if damage == "no JSON" else "{}")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_model_is_refused_with_a_sentence_that_names_the_file(stored, damage):
    path, _ = stored
    do_damage(damage, path, "spec", "channels")
    with pytest.raises(SoapbubbleError, match=r"some\.(safetensors|json): [^\n]+; delete it and run \w+ again\.$"):
        Models([path])["some"].network(0)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_classifier_is_refused_with_a_sentence_that_names_the_file(digits, smoke, tmp_path, damage):
    settings = smoke.autoencoders.classifier.model_copy(update={"steps": 1})
    made = pictures(digits, 28, smoke.autoencoders.pictures)
    path = tmp_path / "classifier.safetensors"
    save_classifiers(train_classifiers(settings, lambda replicate: made), settings, path, card_path(path))
    do_damage(damage, path, "settings", "width")
    with pytest.raises(
        SoapbubbleError, match=r"classifier\.(safetensors|json): [^\n]+; delete it and run \w+ again\.$"
    ):
        _ = Models([path]).classifiers


def test_the_classifiers_of_digits_differ_know_them_and_are_stored_as_they_are(digits, smoke, tmp_path):
    made = pictures(digits, 28, smoke.autoencoders.pictures)
    settings = smoke.autoencoders.classifier.model_copy(update={"steps": 150})
    trained = train_classifiers(settings, lambda replicate: made)
    path = tmp_path / "classifier.safetensors"
    save_classifiers(trained, settings, path, card_path(path))
    shown = digits_only(made.test)
    stored = Models([path]).classifiers
    assert len(stored) == settings.seeds == 2
    for before, after in zip(trained, stored, strict=True):
        assert before.accuracy > 0.6
        assert np.array_equal(after.features(shown), before.features(shown))
        assert after.accuracy == before.accuracy
        assert after.probabilities(shown).sum(axis=1) == pytest.approx(1)
    assert not np.allclose(trained[0].features(shown), trained[1].features(shown))
