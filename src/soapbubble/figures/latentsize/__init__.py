"""Figures of the study of large latent spaces: one module a part."""

from soapbubble.figures.latentsize.accounts import accounts, foretelling, four_cells, ways
from soapbubble.figures.latentsize.bubbles import bubbles
from soapbubble.figures.latentsize.dimensions import dimensions
from soapbubble.figures.latentsize.features import description_length, elbo_by_size, sliders, swiss_roll, traversals
from soapbubble.figures.latentsize.ladder import samples, scales, waterfall
from soapbubble.figures.latentsize.overfitting import (
    curves,
    global_features,
    held_out_pictures,
    neighbours,
    overfitting,
)
from soapbubble.figures.latentsize.rotation import scree
from soapbubble.figures.latentsize.runlength import run_length
from soapbubble.figures.latentsize.runs import runs
from soapbubble.figures.latentsize.supports import overlap, rings
from soapbubble.figures.latentsize.symptoms import (
    coordinates,
    fuzzy_code,
    symptom_pictures,
    symptoms,
    two_losses,
    unit_noise,
)

__all__ = [
    "accounts",
    "bubbles",
    "coordinates",
    "curves",
    "description_length",
    "dimensions",
    "elbo_by_size",
    "foretelling",
    "four_cells",
    "fuzzy_code",
    "global_features",
    "held_out_pictures",
    "neighbours",
    "overfitting",
    "overlap",
    "rings",
    "run_length",
    "runs",
    "samples",
    "scales",
    "scree",
    "sliders",
    "swiss_roll",
    "symptom_pictures",
    "symptoms",
    "traversals",
    "two_losses",
    "unit_noise",
    "waterfall",
    "ways",
]
