"""What comes out when the stages of untrained ResNets are inverted: the page's figures by layer, and their numbers."""

from __future__ import annotations

import numpy as np
import torch
from skimage.metrics import peak_signal_noise_ratio
from torch import nn

from soapbubble.config.networks import ResNetName
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.image_similarity import MEASURES, own_and_other, shown, ssim
from soapbubble.measuring.inversion import (
    PAGE_SHIFT,
    SCRIPT_SHIFT,
    Descent,
    Inversion,
    invert,
    reference_distance,
    shifted,
    start,
)
from soapbubble.measuring.layers import up_to
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.stats.rank_correlation import spearman
from soapbubble.studies.depth.networks import DEPTHS, STAGES, random_resnet
from soapbubble.studies.depth.photographs import photographs


class Layers(Part):
    """Inversions of the stages of untrained ResNets."""

    seed: int = setting(203, ge=0, doc="seed of networks and noise")
    stages: dict[ResNetName, list[str]] = setting(
        {
            "resnet18": ["Conv2", "Conv5"],
            "resnet50": ["Conv1", "Conv1 pooled", "Conv2", "Conv3", "Conv4", "Conv5"],
            "resnet152": ["Conv2", "Conv5"],
        },
        smoke={"resnet50": ["Conv1", "Conv1 pooled", "Conv2", "Conv5"]},
        min_length=1,
        doc="stages of each network that are inverted",
    )
    # 299 in the source
    side: int = setting(64, smoke=32, ge=32, le=512, unit="pixels", doc="side of the images")
    images: int = setting(2, ge=2, doc="photographs for each network, others for each: the units of replication")
    draws: int = setting(3, smoke=2, ge=2, doc="untrained networks of each kind")
    sharp: dict[ResNetName, list[str]] = setting(
        {"resnet18": ["Conv2", "Conv5"], "resnet50": ["Conv1", "Conv1 pooled", "Conv2", "Conv5"]},
        doc="stages that are inverted without blur as well",
    )
    # 500 in the script
    iterations: int = setting(100, smoke=2, ge=2, doc="steps of a descent")
    step: float = setting(0.05, gt=0, doc="first step, root mean square over the pixels; it falls linearly to nothing")
    bfloat16: bool = setting(
        False, doc="networks compute with 16 bits: faster where the processor can, and nearly the same images"
    )
    references: int = setting(4, smoke=2, ge=1, doc="shifts of each photograph for the reference distance")
    shifted: int = setting(8, smoke=2, ge=2, doc="photographs that are shifted, the unit of replication there")
    shift_draws: int = setting(3, ge=2, doc="shifts of each photograph for its visibility")

    def reads(self) -> Reads:
        return Reads(data=["photos"], memory_mb=3500)


GREY_LEVEL = 1 / 255
SHIFTS = {"page": PAGE_SHIFT, "script": SCRIPT_SHIFT}


def measure(cfg: Layers, lab: Lab) -> Outcome:
    """Distances and likeness by network, stage and procedure; pictures of the first network of each kind."""
    out = Outcome()
    photos = lab.data["photos"]
    _visibility(out, cfg, photographs(photos, cfg.side, cfg.shifted))
    out.picture("depth-layers/originals", photographs(photos, cfg.side, cfg.images).numpy().astype(np.float32))
    for name, stages in cfg.stages.items():
        for draw in progress(range(cfg.draws), f"inversions of {name}"):
            network = random_resnet(name, cfg.seed + draw)
            images = photographs(photos, cfg.side, cfg.images, draw)
            likeness = [_inverted(out, cfg, name, network, stage, images, draw) for stage in stages]
            trend = {depth: seen for stage, seen in zip(stages, likeness, strict=True) if (depth := DEPTHS.get(stage))}
            if len(trend) > 2:
                _trend(out, name, trend, draw * cfg.images)
    return out


def procedures(iterations: int, step: float) -> dict[str, Descent]:
    """With the page's blur and without, both with steps of one size for every stage that fall to nothing."""
    blurred = Descent(iterations, step=step, last_step=0.0, normalised=True)
    return {"blurred": blurred, "sharp": Descent(iterations, step=step, last_step=0.0, normalised=True, blur=None)}


def _inverted(
    out: Outcome, cfg: Layers, name: ResNetName, network: nn.Module, stage: str, images: torch.Tensor, draw: int
) -> np.ndarray:
    """Invert one stage by both procedures; the structural similarity (images,) of the blurred inversions."""
    layer = up_to(network, STAGES[stage], images, bfloat16=cfg.bfloat16)
    generator = torch.Generator().manual_seed(cfg.seed + draw)
    begin = start(images, generator)
    reference = {
        key: reference_distance(layer, images, sd, cfg.references, generator).numpy() for key, sd in SHIFTS.items()
    }
    for procedure, descent in procedures(cfg.iterations, cfg.step).items():
        if procedure == "sharp" and stage not in cfg.sharp.get(name, []):
            continue
        where = {"network": name, "stage": stage, "procedure": procedure}
        found = invert(layer, images, begin, descent, cfg.iterations)
        distances(out, where, images, found, reference, draw * cfg.images)
        likeness(out, where, images, found, draw * cfg.images)
        if draw == 0:
            out.picture(f"depth-layers/{name} {stage} {procedure}", found.images.numpy().astype(np.float32))
        if procedure == "blurred":
            structure = own_and_other(ssim(images.numpy(), found.images.numpy()))[0]
    return structure


def distances(
    out: Outcome,
    where: dict[str, str],
    images: torch.Tensor,
    found: Inversion,
    reference: dict[str, np.ndarray],
    first: int,
) -> None:
    """m_g over m_r, m_i over the distance of the start, and m_i over the length of the shift, for each photograph."""
    end, inputs, begin = found.output_distance[-1], found.input_distance[-1], found.input_distance[0]
    length = PAGE_SHIFT * np.sqrt(images[0].numel())
    for place in range(len(images)):
        for shift, m_r in reference.items():
            out.add("output_over_reference", end[place] / m_r[place], where | {"shift": shift}, first + place)
        out.add("input_over_start", inputs[place] / begin[place], where, first + place)
        out.add("input_over_shift", inputs[place] / length, where, first + place)


def likeness(out: Outcome, where: dict[str, str], images: torch.Tensor, found: Inversion, first: int) -> None:
    """Structure, edges and spectrum of each inversion against its own image and against the others of its network."""
    for measure_name, compare in MEASURES.items():
        own, other = own_and_other(compare(images.numpy(), found.images.numpy()))
        for against, values in (("own image", own), ("other images", other)):
            for place, value in enumerate(values):
                out.add("likeness", value, where | {"measure": measure_name, "against": against}, first + place)


def _trend(out: Outcome, name: str, seen: dict[int, np.ndarray], first: int) -> None:
    """Rank correlation of the structural similarity with the number of the stage, for each photograph."""
    depths = np.array(list(seen), dtype=float)[:, None]
    for place, trend in enumerate(spearman(depths, np.stack(list(seen.values())))[0]):
        out.add("likeness_trend", trend, {"network": name}, first + place, n=len(seen))


def _visibility(out: Outcome, cfg: Layers, images: torch.Tensor) -> None:
    """Signal to noise and structural similarity of shifted photographs, photograph by photograph."""
    generator = torch.Generator().manual_seed(cfg.seed)
    for name, sd in {**SHIFTS, "a grey level": GREY_LEVEL}.items():
        for place, image in enumerate(images):
            drawn = [shown(shifted(image[None], sd, generator).numpy()) for _ in range(cfg.shift_draws)]
            original = shown(image[None].numpy())
            noise = [peak_signal_noise_ratio(original, one, data_range=1.0) for one in drawn]
            alike = [ssim(original, one)[0, 0] for one in drawn]
            out.add("shift_signal_to_noise", np.mean(noise), {"shift": name}, place, "dB", n=cfg.shift_draws)
            out.add("shift_ssim", np.mean(alike), {"shift": name}, place, n=cfg.shift_draws)
