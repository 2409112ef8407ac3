"""The evaluators of a part: one for each replicate, of its split."""

from __future__ import annotations

import numpy as np

from soapbubble.autoencoders.picture_cache import PictureCache
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.autoencoders.store import Models
from soapbubble.measuring.evaluator import SampleEvaluator


def evaluators_of(
    models: Models, cache: PictureCache, model: str, count: int, seed: int, *stream: int
) -> list[SampleEvaluator]:
    """One a replicate, each with the classifier of its split and at most `count` random ones of its test digits.

    `model` is one with the size of the classifier's images; `seed` and `stream` choose the digits.
    """
    return [
        SampleEvaluator.on_random(
            own.features,
            digits_only(cache.of(model, replicate).test),
            count,
            np.random.default_rng((seed, replicate, *stream)),
        )
        for replicate, own in enumerate(models.classifiers)
    ]
