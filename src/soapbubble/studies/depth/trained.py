"""The stages of a network that was trained on ImageNet, inverted beside those of its untrained twins."""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.image_similarity import MEASURES, own_and_other, shown
from soapbubble.measuring.inversion import PAGE_SHIFT, Descent, invert, reference_distance, start
from soapbubble.measuring.layers import up_to
from soapbubble.networks.store import TrainedNetwork
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.edges import correlations, luminance
from soapbubble.stats.rank_correlation import spearman
from soapbubble.studies.depth.networks import depth_of
from soapbubble.studies.depth.photographs import photographs


class Trained(Part):
    """Inversions of EfficientNet-Lite0 with ImageNet's weights and with random ones."""

    seed: int = setting(210, ge=0, doc="seed of the noise")
    model: str = setting("efficientnet-lite0", doc="trained network")
    twins: int = setting(2, smoke=1, ge=1, doc="untrained networks of the same shape, of which means are taken")
    side: int = setting(64, ge=32, le=512, unit="pixels", doc="side of the images")
    images: int = setting(8, smoke=2, ge=2, doc="photographs, the unit of replication")
    iterations: int = setting(40, smoke=2, ge=2, doc="steps of a descent")
    step: float = setting(0.05, gt=0, doc="first step, root mean square over the pixels; it falls linearly to nothing")
    grain: float = setting(2.0, gt=0, unit="pixels", doc="width of the blur that is taken off to leave fine patterns")
    lines: list[float] = setting(
        [0.2, 0.3, 0.5], min_length=1, doc="structural similarities below which a stage has lost the image"
    )

    def reads(self) -> Reads:
        return Reads(data=["photos"], models=[self.model], memory_mb=1000)


def measure(cfg: Trained, lab: Lab) -> Outcome:
    """Likeness by stage and photograph, trained and untrained; the stage at which the image is lost; pictures."""
    out = Outcome()
    images = photographs(lab.data["photos"], cfg.side, cfg.images)
    out.picture("depth-trained/originals", images.numpy().astype(np.float32))
    model: TrainedNetwork = lab.networks[cfg.model]
    lost = {}
    for weights, networks in (
        ("trained", [model.network(0)]),
        ("untrained", [model.untrained(twin) for twin in range(cfg.twins)]),
    ):
        found = [
            _stages(out, cfg, network, images, weights, twin)
            for twin, network in enumerate(progress(networks, f"inversions, {weights}"))
        ]
        mean = {key: np.mean([one[key] for one in found], axis=0) for key in found[0]}
        lost[weights] = _record(out, cfg, mean, weights)
    for line in cfg.lines:
        for image, difference in enumerate(lost["trained"][line] - lost["untrained"][line]):
            out.add("lost_later_when_trained", difference, {"line": line}, image)
    return out


Key = tuple[str, str, str]


def _stages(
    out: Outcome, cfg: Trained, network: nn.Module, images: torch.Tensor, weights: str, twin: int
) -> dict[Key, np.ndarray]:
    """Values for each photograph (images,) by stage, measure, and what the inversion is compared with."""
    values: dict[Key, np.ndarray] = {}
    stages: dict[str, str] = network.stages  # type: ignore[assignment]
    for stage, module in stages.items():
        layer = up_to(network, module, images)
        generator = torch.Generator().manual_seed(cfg.seed + twin)
        begin = start(images, generator)
        reference = reference_distance(layer, images, PAGE_SHIFT, 4, generator).numpy()
        descent = Descent(cfg.iterations, step=cfg.step, last_step=0.0, normalised=True)
        found = invert(layer, images, begin, descent, cfg.iterations)
        for name, compare in (MEASURES | {"fine pattern": lambda a, b: _pattern(a, b, cfg.grain)}).items():
            own, other = own_and_other(compare(images.numpy(), found.images.numpy()))
            values[stage, name, "own image"], values[stage, name, "other images"] = own, other
        values[stage, "input", "start"] = found.input_distance[-1] / found.input_distance[0]
        values[stage, "output", "reference"] = found.output_distance[-1] / reference
        if twin == 0:
            out.picture(f"depth-trained/{weights} {stage}", found.images.numpy().astype(np.float32))
    return values


def _pattern(originals: np.ndarray, others: np.ndarray, grain: float) -> np.ndarray:
    """Correlation of where pixels are brighter or darker than their surroundings: matrix (n, m)."""

    def signs(images: np.ndarray) -> np.ndarray:
        bright = luminance(shown(images))
        return np.sign(bright - gaussian_filter(bright, (0, grain, grain)))

    return correlations(signs(originals), signs(others))


def _record(out: Outcome, cfg: Trained, values: dict[Key, np.ndarray], weights: str) -> dict[float, np.ndarray]:
    """Rows for each photograph; the first stage (images,) that has lost it, one past the last where none has."""
    for (stage, name, against), row in values.items():
        where = {"weights": weights, "stage": stage, "depth": depth_of(stage)}
        for image, value in enumerate(row):
            if against == "start":
                out.add("trained_input_over_start", value, where, image)
            elif against == "reference":
                out.add("trained_output_over_reference", value, where, image)
            else:
                out.add("trained_likeness", value, where | {"measure": name, "against": against}, image)
    stages = list(dict.fromkeys(stage for stage, _, _ in values))
    seen = np.stack([values[stage, "ssim", "own image"] for stage in stages])
    depths = np.array([depth_of(stage) for stage in stages], dtype=float)[:, None]
    for image, trend in enumerate(spearman(depths, seen)[0]):
        out.add("trained_trend", trend, {"weights": weights}, image, n=len(stages))
    lost = {}
    for line in cfg.lines:
        below = seen < line
        first = np.where(below.any(axis=0), below.argmax(axis=0), len(stages)) + 1
        lost[line] = first
        for image, stage_number in enumerate(first):
            out.add("lost_at", stage_number, {"weights": weights, "line": line}, image)
    return lost
