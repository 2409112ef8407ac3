"""Figures of the study of untrained decoders: one module a theme."""

from soapbubble.figures.decoders.ingredients import activations, ingredients, length_by_depth, size
from soapbubble.figures.decoders.measures import encoder_or_decoder, pairs, published, randomness
from soapbubble.figures.decoders.outlines import bottleneck, outline_by_snr, outline_pictures
from soapbubble.figures.decoders.pictures import (
    fixed_and_changing,
    generators,
    ladder,
    operators_and_latents,
    rebuilt_pictures,
    tone_regions,
)
from soapbubble.figures.decoders.questions import initialisation, observer, prior_art, quality, semantics
from soapbubble.figures.decoders.theory import kurtosis, predicted, theory

__all__ = [
    "activations",
    "bottleneck",
    "encoder_or_decoder",
    "fixed_and_changing",
    "generators",
    "ingredients",
    "initialisation",
    "kurtosis",
    "ladder",
    "length_by_depth",
    "observer",
    "operators_and_latents",
    "outline_by_snr",
    "outline_pictures",
    "pairs",
    "predicted",
    "prior_art",
    "published",
    "quality",
    "randomness",
    "rebuilt_pictures",
    "semantics",
    "size",
    "theory",
    "tone_regions",
]
