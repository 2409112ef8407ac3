"""The digit classifier of a run: trained on its digits, kept on disk with its accuracy on test digits."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import save_file

from soapbubble.autoencoders.pictures import DIGIT_SIDE, Pictures, digits_only
from soapbubble.config.autoencoders import Classifier
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.digit_classifier import CLASSES, DigitClassifier, train_digit_classifier
from soapbubble.models.digit_classifier import build_classifier
from soapbubble.models.weights import load_weights


def train_classifier(settings: Classifier, pictures: Pictures) -> DigitClassifier:
    """Train on the training digits (28 x 28) and their labels, and test on the test digits.

    Raises:
        SoapbubbleError: the digits have no labels.
    """
    trained = train_digit_classifier(pictures.train, pictures.train_labels, **settings.model_dump())
    return trained.tested_on(digits_only(pictures.test), pictures.test_labels)


def save_classifier(classifier: DigitClassifier, settings: Classifier, weights: Path, card: Path) -> None:
    """Write the weights and, as JSON, what they belong to."""
    save_file({key: value.contiguous() for key, value in classifier.network.state_dict().items()}, weights)
    about = {"settings": settings.model_dump(), "accuracy": classifier.accuracy, "tested": classifier.tested}
    card.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load_classifier(weights: Path, card: Path) -> DigitClassifier:
    """Read what `save_classifier` wrote.

    Raises:
        SoapbubbleError: a file is missing or damaged, or the two do not belong together.
    """
    try:
        about = json.loads(card.read_text(encoding="utf-8"))
        settings = Classifier(**about["settings"])
        accuracy, tested = float(about["accuracy"]), int(about["tested"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SoapbubbleError(f"{card}: not the card of a classifier; delete it and run snakemake again.") from error
    network = build_classifier(DIGIT_SIDE, settings.width, settings.features, CLASSES, settings.seed)
    load_weights(network, weights)
    return DigitClassifier(network.eval(), accuracy, tested)
