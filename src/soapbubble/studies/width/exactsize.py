"""The same descents at the page's size, 2523 inputs, for the few hundred steps that are affordable there."""

from __future__ import annotations

import numpy as np
import torch

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.models.linear_stack import draw_layers, product
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.linear_descent import descend, falling_rates
from soapbubble.studies.width.inversion import Descent, different_photographs, shrunk, start, units


class Exactsize(Part):
    """Stacks of two layers on images of 29 x 29 pixels in three channels."""

    seed: int = setting(65, ge=0, doc="seed of the random numbers")
    descent: Descent = setting(doc="the descent")
    side: int = setting(29, smoke=4, ge=2, le=64, unit="pixels", doc="side of the images, of three channels")
    networks: int = setting(3, smoke=2, ge=2, unit="networks", doc="networks of each width, each with its own image")
    steps: int = setting(500, smoke=5, ge=1, unit="steps", doc="steps of a descent")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=900)


WIDTHS = (1000, 2000, 3000, 5000)
LAYERS = 2


def measure(cfg: Exactsize, lab: Lab) -> Outcome:
    """Relative distances and recovered images."""
    out = Outcome()
    images = shrunk(different_photographs(lab.data["photos"].images, cfg.networks), cfg.side)
    rates = falling_rates(cfg.steps, cfg.descent.first_rate, cfg.descent.last_rate)
    shown = int(images.std(axis=1).argmax())  # a picture in which there is much to see
    recovered = []
    jobs = [(width, network) for width in WIDTHS for network in range(cfg.networks)]
    for width, network in progress(jobs, "stacks at the page's size"):
        image = images[network]
        inputs = len(image)
        seed = int(np.random.SeedSequence(cfg.seed, spawn_key=(width, network)).generate_state(1)[0])
        matrix = product(draw_layers([inputs, *[units(width, inputs)] * LAYERS], seed, dtype=torch.float32))
        error = start(cfg.descent, inputs, cfg.seed, network) - image
        left = descend(matrix, error, rates, cfg.descent.weight)[0]
        where = {"width": width}
        out.add("exact_distance", np.linalg.norm(left) / np.linalg.norm(error), where, network, n=cfg.steps)
        if network == shown:
            recovered.append(image + left)
    for name, rows in (("recovered", np.stack(recovered)), ("original", images[[shown]])):
        pixels = np.moveaxis(rows.reshape(-1, 3, cfg.side, cfg.side), 1, -1)
        out.picture(name, np.round(255 * pixels.clip(0, 1)).astype(np.uint8))
    return out
