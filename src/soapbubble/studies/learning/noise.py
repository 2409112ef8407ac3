"""Small ResNets trained on photographs, on noise, and on photographs with labels at random: what descents find."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import torch
from scipy.stats import kstest, norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.image_similarity import shown
from soapbubble.measuring.inversion import invert
from soapbubble.networks.images import NOISE_DEVIATION, NOISE_MEAN, TrainingImages
from soapbubble.networks.store import ImageNetwork, TrainedNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.spectrum import radial_power
from soapbubble.studies.learning.descents import Found, Inverting, apart, beginning, descent, inverted, stage
from soapbubble.studies.learning.targets import Targets, targets


class Noise(Inverting, Part):
    """Descents from the stages of networks that learned photographs, noise, or nothing."""

    side: int = setting(48, ge=32, unit="pixels", doc="side of the images, as the networks were trained with")
    images: int = setting(5, smoke=3, ge=3, unit="images", doc="held-out crops that are looked for, one a photograph")

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=[f"resnet-{name}" for name in TRAINED], memory_mb=1000)


TRAINED = ("natural", "noise", "shuffled")
STAGES = ("Conv1", "Conv2", "Conv3", "Conv4", "Conv5")
LATE = STAGES[2:]  # where inversions of two networks are compared
SHUFFLED_STAGES = ("Conv2",)  # where sharpness is compared
BLURRED = ("noise", "untrained")  # with a blur, too
PAIRS = {"noise": "other training", "natural": "same training"}  # with a network that learned photographs
LOGITS = "logits"

Inversions = dict[tuple[str, str, int], Found]


def measure(cfg: Noise, lab: Lab) -> Outcome:
    """Distances and likeness for each stage and network; values are means over images.

    The replicates are networks. Those of one replicate look for the same crops from the same noise; each replicate has
    crops of its own, from which its network that learned photographs learned nothing.
    """
    out = Outcome()
    photos = lab.data["photos"]
    models = {name: lab.networks[f"resnet-{name}"] for name in TRAINED}
    natural = models["natural"]
    learned = {seed: natural.images(photos, seed) for seed in natural.replicates}
    looked_for = {seed: targets(learned, seed, cfg.images) for seed in natural.replicates}
    found: Inversions = {}
    for seed in progress(natural.replicates, "inverting the stages of small ResNets"):
        networks = {name: model.network(seed) for name, model in models.items()}
        for name, network in (networks | {"untrained": natural.untrained(seed)}).items():
            _invert(out, found, cfg, name, network, seed, looked_for[seed].images)
        _from_logits(out, cfg, natural, seed, looked_for[seed].images)
        _between(out, cfg, found, models, seed, looked_for[seed])
        _domains(out, found, learned[seed], models["noise"].images(photos, seed), seed)
    _metamers(out, found, natural, learned, looked_for)
    _memory(out, models)
    out.picture("originals", looked_for[0].images.numpy())
    out.picture("noise", shown(models["noise"].images(photos, 0).images[:1].numpy()))
    return out


def _invert(
    out: Outcome, found: Inversions, cfg: Noise, name: str, network: ImageNetwork, seed: int, images: torch.Tensor
) -> None:
    """Descents of one network; with a blur for `BLURRED`, and for the pictures of the first network of photographs."""
    begin = beginning(cfg, images, stream=seed)
    for place in SHUFFLED_STAGES if name == "shuffled" else STAGES:
        layer = stage(network, place, images)
        one = found[name, place, seed] = inverted(cfg, layer, images, begin, descent(cfg))
        _record(out, {"training": name, "stage": place, "blur": "none"}, seed, one)
        if name in BLURRED or (name == "natural" and seed == 0):
            blurred = inverted(cfg, layer, images, begin, descent(cfg, blur=True))
            _record(out, {"training": name, "stage": place, "blur": "gaussian"}, seed, blurred)
            if seed == 0:
                out.picture(f"{place} {name} gaussian", shown(blurred.images))
        if seed == 0:
            out.picture(f"{place} {name} none", shown(one.images))


def _record(out: Outcome, where: dict[str, str], seed: int, found: Found) -> None:
    out.add("network_output_ratio", np.exp(np.log(found.ratio).mean()), where, seed, n=len(found.ratio))
    out.add("network_edges", found.edges.mean(), where, seed, n=len(found.edges))
    out.add("network_likeness", found.ssim.mean(), where, seed, n=len(found.ssim))
    unlike = [kstest(image.ravel(), norm(NOISE_MEAN, NOISE_DEVIATION).cdf).statistic for image in found.images]
    out.add("unlike_training_noise", np.mean(unlike), where, seed, n=len(unlike))


def _from_logits(out: Outcome, cfg: Noise, natural: TrainedNetwork, seed: int, images: torch.Tensor) -> None:
    """What remains of the way to the input after a descent from the log-odds of the classes."""
    begin = beginning(cfg, images, stream=seed)
    for weights, network in (("trained", natural.network(seed)), ("untrained", natural.untrained(seed))):
        one = inverted(cfg, stage(network, LOGITS, images), images, begin, descent(cfg))
        out.add("left_after_logits", one.input_path[-1].mean(), {"weights": weights}, seed, n=len(images))


def _metamers(
    out: Outcome,
    found: Inversions,
    natural: TrainedNetwork,
    learned: Mapping[int, TrainingImages],
    looked_for: Mapping[int, Targets],
) -> None:
    """What the network itself and those of other seeds say of its inversions, stage by stage.

    Others are asked only about images that they learned nothing from; of the originals, about all held-out crops.
    """
    networks = {seed: natural.network(seed) for seed in natural.replicates}
    for seed, target in looked_for.items():
        for place in STAGES:
            given = torch.from_numpy(found["natural", place, seed].images)
            same = networks[seed](given).argmax(dim=1) == networks[seed](target.images).argmax(dim=1)
            out.add("same_prediction", same.double().mean(), {"stage": place}, seed, "proportion", len(same))
            scores = torch.cat([networks[other](given[rows]) for other, rows in target.others.items()])
            labels = torch.cat([target.labels[rows] for rows in target.others.values()])
            right = (scores.argmax(dim=1) == labels).double().mean()
            out.add("right_for_others", right, {"stage": place}, seed, n=len(labels))
            out.add("class_evidence", _log_odds(scores, labels), {"stage": place}, seed, "nats", len(labels))
        own = learned[seed]
        known = {other: own.held_out_by(learned[other]) for other in target.others}
        right = torch.cat(
            [networks[other](own.test[rows]).argmax(dim=1) == own.test_labels[rows] for other, rows in known.items()]
        )
        out.add("right_for_others_on_originals", right.double().mean(), {}, seed, n=len(right))


def _log_odds(scores: torch.Tensor, labels: torch.Tensor) -> float:
    """Mean log-odds of the right class."""
    chance = scores.double().log_softmax(dim=1)
    right = chance.gather(1, labels[:, None])[:, 0]
    wrong = chance.scatter(1, labels[:, None], -torch.inf).logsumexp(dim=1)
    return float((right - wrong).mean())


def _between(
    out: Outcome,
    cfg: Noise,
    found: Inversions,
    models: Mapping[str, TrainedNetwork],
    seed: int,
    target: Targets,
) -> None:
    """How far inversions of the same images are apart, between networks of two trainings and of one.

    And inversions of different images, between networks of one training: apart by construction. The other networks
    have another seed, and learned nothing from the images either.
    """
    other, begin = target.closest, beginning(cfg, target.images, stream=seed)
    rows = target.others[other]
    for place, (kind, pair) in product(LATE, PAIRS.items()):
        layer = stage(models[kind].network(other), place, target.images)
        images = invert(layer, target.images[rows], begin[rows], descent(cfg), cfg.iterations).images.numpy()
        own = found["natural", place, seed].images
        where = {"stage": place, "networks": pair}
        out.add("apart", apart(own[rows], images).mean(), where, seed, n=len(rows))
        if kind == "natural":
            where["networks"] = "same training, other photographs"
            out.add("apart", apart(np.roll(own, 1, axis=0)[rows], images).mean(), where, seed, n=len(rows))


def _domains(out: Outcome, found: Inversions, natural: TrainingImages, noise: TrainingImages, seed: int) -> None:
    """Whether a classifier of photographs and noise, by their spectra, tells what a network was trained with."""
    spectra = np.concatenate([_spectra(learned.images.numpy()) for learned in (natural, noise)])
    truth = np.repeat([0, 1], [len(natural.images), len(noise.images)])
    classifier = make_pipeline(StandardScaler(), LogisticRegression()).fit(spectra, truth)
    for place in STAGES:
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
