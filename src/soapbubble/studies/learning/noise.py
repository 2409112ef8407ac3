"""Small ResNets trained on photographs, on noise, and on photographs with labels at random: what descents find."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import kstest, norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from soapbubble.data.dataset import Dataset
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.image_similarity import shown
from soapbubble.networks.images import NOISE_DEVIATION, NOISE_MEAN, TrainingImages
from soapbubble.networks.store import TrainedNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.spectrum import radial_power
from soapbubble.studies.learning.descents import Found, Inverting, apart, beginning, descent, inverted, stage


class Noise(Inverting, Part):
    """Descents from the stages of networks that learned photographs, noise, or nothing."""

    side: int = setting(48, ge=32, unit="pixels", doc="side of the images, as the networks were trained with")
    images: int = setting(5, smoke=3, ge=3, unit="images", doc="photographs that are looked for, one a class")

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=[f"resnet-{name}" for name in TRAINED], memory_mb=1000)


TRAINED = ("natural", "noise", "shuffled")
STAGES = ("Conv1", "Conv2", "Conv3", "Conv4", "Conv5")
BLURRED = ("natural", "noise", "untrained")  # with a blur, too
LOGITS = "logits"

Inversions = dict[tuple[str, str, int], Found]


def measure(cfg: Noise, lab: Lab) -> Outcome:
    """Distances and likeness for each stage and network; the replicates are networks, values are means over images."""
    out = Outcome()
    photos = lab.data["photos"]
    models = {name: lab.networks[f"resnet-{name}"] for name in TRAINED}
    natural = models["natural"]
    learned = natural.images(photos, 0)
    images, labels = _one_of_each_class(learned, cfg.images)
    networks = {(name, seed): model.network(seed) for name, model in models.items() for seed in model.replicates}
    networks |= {("untrained", seed): natural.untrained(seed) for seed in natural.replicates}
    begin = beginning(cfg, images)
    found: Inversions = {}
    for (name, seed), network in progress(networks.items(), "inverting the stages of small ResNets"):
        for place in STAGES:
            layer = stage(network, place, images)
            one = found[name, place, seed] = inverted(cfg, layer, images, begin, descent(cfg))
            _record(out, {"training": name, "stage": place, "blur": "none"}, seed, one)
            if name in BLURRED:
                blurred = inverted(cfg, layer, images, begin, descent(cfg, blur=True))
                _record(out, {"training": name, "stage": place, "blur": "gaussian"}, seed, blurred)
                if seed == 0:
                    out.picture(f"{place} {name} gaussian", shown(blurred.images))
            if seed == 0:
                out.picture(f"{place} {name} none", shown(one.images))
    _from_logits(out, cfg, natural, images, begin)
    _metamers(out, found, {seed: networks["natural", seed] for seed in natural.replicates}, images, labels)
    _between(out, found, natural)
    _domains(out, found, models, learned, photos)
    _memory(out, models)
    out.picture("originals", images.numpy())
    out.picture("noise", shown(models["noise"].images(photos, 0).images[:1].numpy()))
    return out


def _one_of_each_class(learned: TrainingImages, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The first held-out image of each of the first `count` classes that have any, and the classes."""
    first = {int(label): number for number, label in reversed(list(enumerate(learned.test_labels)))}
    rows = [first[label] for label in sorted(first)[:count]]
    return learned.test[rows], learned.test_labels[rows]


def _record(out: Outcome, where: dict[str, str], seed: int, found: Found) -> None:
    out.add("network_output_ratio", np.exp(np.log(found.ratio).mean()), where, seed, n=len(found.ratio))
    out.add("network_edges", found.edges.mean(), where, seed, n=len(found.edges))
    out.add("network_likeness", found.ssim.mean(), where, seed, n=len(found.ssim))
    unlike = [kstest(image.ravel(), norm(NOISE_MEAN, NOISE_DEVIATION).cdf).statistic for image in found.images]
    out.add("unlike_training_noise", np.mean(unlike), where, seed, n=len(unlike))


def _from_logits(out: Outcome, cfg: Noise, natural: TrainedNetwork, images: torch.Tensor, begin: torch.Tensor) -> None:
    """What remains of the way to the input after a descent from the log-odds of the classes."""
    for seed in natural.replicates:
        for weights, network in (("trained", natural.network(seed)), ("untrained", natural.untrained(seed))):
            one = inverted(cfg, stage(network, LOGITS, images), images, begin, descent(cfg))
            out.add("left_after_logits", one.input_path[-1].mean(), {"weights": weights}, seed, n=len(images))


def _metamers(
    out: Outcome, found: Inversions, networks: dict[int, nn.Module], images: torch.Tensor, labels: torch.Tensor
) -> None:
    """What the network itself and those of other seeds say of its inversions, stage by stage."""
    for seed, network in networks.items():
        others = [other for number, other in networks.items() if number != seed]
        for place in STAGES:
            given = torch.from_numpy(found["natural", place, seed].images)
            same = network(given).argmax(dim=1) == network(images).argmax(dim=1)
            out.add("same_prediction", same.double().mean(), {"stage": place}, seed, "proportion", len(images))
            right = torch.stack([other(given).argmax(dim=1) == labels for other in others]).double().mean()
            out.add("right_for_others", right, {"stage": place}, seed, n=len(images))
            evidence = np.mean([_log_odds(other(given), labels) for other in others])
            out.add("class_evidence", evidence, {"stage": place}, seed, "nats", len(images))
        right = torch.stack([other(images).argmax(dim=1) == labels for other in others]).double().mean()
        out.add("right_for_others_on_originals", right, {}, seed, n=len(images))


def _log_odds(scores: torch.Tensor, labels: torch.Tensor) -> float:
    """Mean log-odds of the right class."""
    chance = scores.double().log_softmax(dim=1)
    right = chance.gather(1, labels[:, None])[:, 0]
    wrong = chance.scatter(1, labels[:, None], -torch.inf).logsumexp(dim=1)
    return float((right - wrong).mean())


def _between(out: Outcome, found: Inversions, natural: TrainedNetwork) -> None:
    """How far inversions of the same images are apart, between networks of two trainings and of one.

    And inversions of different images, between networks of one training: apart by construction.
    """
    for place in STAGES:
        for seed in natural.replicates:
            others = [other for other in natural.replicates if other != seed]
            for kind in ("noise", "natural"):
                distances = [
                    apart(found["natural", place, seed].images, found[kind, place, other].images).mean()
                    for other in others
                ]
                pair = "other training" if kind == "noise" else "same training"
                out.add("apart", np.mean(distances), {"stage": place, "networks": pair}, seed, n=len(distances))
            others_images = [
                apart(
                    found["natural", place, seed].images, np.roll(found["natural", place, other].images, 1, axis=0)
                ).mean()
                for other in others
            ]
            where = {"stage": place, "networks": "same training, other photographs"}
            out.add("apart", np.mean(others_images), where, seed, n=len(others_images))


def _domains(
    out: Outcome, found: Inversions, models: dict[str, TrainedNetwork], learned: TrainingImages, photos: Dataset
) -> None:
    """Whether a classifier of photographs and noise, by their spectra, tells what a network was trained with."""
    noise = models["noise"].images(photos, 0).images
    spectra = np.concatenate([_spectra(learned.images.numpy()), _spectra(noise.numpy())])
    truth = np.repeat([0, 1], [len(learned.images), len(noise)])
    classifier = make_pipeline(StandardScaler(), LogisticRegression()).fit(spectra, truth)
    for place in STAGES:
        for seed in models["noise"].replicates:
            kinds = [found[name, place, seed].images for name in ("natural", "noise")]
            scores = np.concatenate([classifier.decision_function(_spectra(images)) for images in kinds])
            area = roc_auc_score(np.repeat([0, 1], [len(images) for images in kinds]), scores)
            out.add("training_recognised", area, {"stage": place}, seed, n=len(scores))


def _spectra(images: np.ndarray) -> np.ndarray:
    return np.log10(np.maximum(radial_power(images)[0], np.finfo(float).tiny))


def _memory(out: Outcome, models: dict[str, TrainedNetwork]) -> None:
    """How well labels were learned, and what that is worth for other images."""
    for name, model in models.items():
        for seed in model.replicates:
            out.add("training_accuracy", model.final(seed, "accuracy"), {"training": name}, seed)
            out.add("test_accuracy", model.final(seed, "test_accuracy"), {"training": name}, seed)
