"""Figures of the study of convolutional and dense bottlenecks: one module a part."""

from soapbubble.figures.bottleneck.causes import causes, laws, spectra
from soapbubble.figures.bottleneck.inspection import inspection
from soapbubble.figures.bottleneck.learning import growth
from soapbubble.figures.bottleneck.logn import log_n
from soapbubble.figures.bottleneck.maps import (
    copying,
    folded_vector,
    latent_panel_7,
    latent_panel_14,
    latent_panel_28,
    places,
    readability,
    site_dependence,
)
from soapbubble.figures.bottleneck.mistakes import faults, temperature
from soapbubble.figures.bottleneck.samples import grid_size, matchings, overfitting, page, pair
from soapbubble.figures.bottleneck.sizes import canvas
from soapbubble.figures.bottleneck.textures import textures

__all__ = [
    "canvas",
    "causes",
    "copying",
    "faults",
    "folded_vector",
    "grid_size",
    "growth",
    "inspection",
    "latent_panel_7",
    "latent_panel_14",
    "latent_panel_28",
    "laws",
    "log_n",
    "matchings",
    "overfitting",
    "page",
    "pair",
    "places",
    "readability",
    "site_dependence",
    "spectra",
    "temperature",
    "textures",
]
