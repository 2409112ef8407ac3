"""Figures of the study of convolutional and dense bottlenecks: one module a part."""

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

__all__ = [
    "copying",
    "folded_vector",
    "latent_panel_7",
    "latent_panel_14",
    "latent_panel_28",
    "places",
    "readability",
    "site_dependence",
]
