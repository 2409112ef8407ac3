"""Figures of the study of untrained decoders: one module a theme."""

from soapbubble.figures.decoders.ingredients import activations, ingredients, length_by_depth, size
from soapbubble.figures.decoders.measures import encoder_or_decoder, pairs, published, randomness
from soapbubble.figures.decoders.pictures import (
    fixed_and_changing,
    generators,
    ladder,
    operators_and_latents,
    rebuilt_pictures,
    tone_regions,
)
from soapbubble.figures.decoders.theory import kurtosis, predicted, theory

__all__ = [
    "activations",
    "encoder_or_decoder",
    "fixed_and_changing",
    "generators",
    "ingredients",
    "kurtosis",
    "ladder",
    "length_by_depth",
    "operators_and_latents",
    "pairs",
    "predicted",
    "published",
    "randomness",
    "rebuilt_pictures",
    "size",
    "theory",
    "tone_regions",
]
