"""The digit classifiers of a run: trained on its digits, kept on disk with their accuracy on test digits."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from safetensors.torch import save_file

from soapbubble.autoencoders.pictures import DIGIT_SIDE, Pictures, digits_only
from soapbubble.config.autoencoders import Classifier
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.digit_classifier import CLASSES, DigitClassifier, train_digit_classifier
from soapbubble.models.digit_classifier import build_classifier
from soapbubble.models.weights import load_weights


def train_classifiers(settings: Classifier, pictures_of: Callable[[int], Pictures]) -> list[DigitClassifier]:
    """Train each on the training digits (28 x 28) and labels of its replicate, from a seed of its own, and test it.

    Raises:
        SoapbubbleError: the digits have no labels.
    """
    how = settings.model_dump(exclude={"seeds", "seed"})
    found = []
    for number in range(settings.seeds):
        pictures = pictures_of(number)
        trained = train_digit_classifier(pictures.train, pictures.train_labels, seed=settings.seed + number, **how)
        found.append(trained.tested_on(digits_only(pictures.test), pictures.test_labels))
    return found


def save_classifiers(classifiers: Sequence[DigitClassifier], settings: Classifier, weights: Path, card: Path) -> None:
    """Write the weights of all and, as JSON, what they belong to."""
    tensors = {
        f"{number}/{key}": value.contiguous()
        for number, classifier in enumerate(classifiers)
        for key, value in classifier.network.state_dict().items()
    }
    save_file(tensors, weights)
    tests = [{"accuracy": classifier.accuracy, "tested": classifier.tested} for classifier in classifiers]
    about = {"settings": settings.model_dump(), "classifiers": tests}
    card.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load_classifiers(weights: Path, card: Path) -> list[DigitClassifier]:
    """Read what `save_classifiers` wrote.

    Raises:
        SoapbubbleError: a file is missing or damaged, or the two do not belong together.
    """
    try:
        about = json.loads(card.read_text(encoding="utf-8"))
        settings = Classifier(**about["settings"])
        tests = [(float(test["accuracy"]), int(test["tested"])) for test in about["classifiers"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SoapbubbleError(f"{card}: not the card of a classifier; delete it and run snakemake again.") from error
    found = []
    for number, (accuracy, tested) in enumerate(tests):
        network = build_classifier(DIGIT_SIDE, settings.width, settings.features, CLASSES, settings.seed)
        load_weights(network, weights, f"{number}/")
        found.append(DigitClassifier(network.eval(), accuracy, tested))
    return found
