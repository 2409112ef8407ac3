"""The same two bottlenecks on patches of photographs, where the source met the problem on satellite pictures."""

from __future__ import annotations

import numpy as np

from soapbubble.autoencoders.codes import decode, encode
from soapbubble.autoencoders.pictures import digits_only
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress
from soapbubble.studies.bottleneck.decomposition import ladder, share
from soapbubble.studies.bottleneck.referee import principal_components, referee


class Textures(Part):
    """The two main bottlenecks on patches of photographs."""

    seed: int = setting(26000, ge=0, doc="seed of the random numbers")
    pictures: int = setting(1000, smoke=60, ge=40, doc="real patches, and samples, that a distance compares")
    fitted: int = setting(3000, smoke=80, ge=40, doc="patches whose codes the fitted laws rest on")
    # as many as the features of the judge of digits
    components: int = setting(
        32, smoke=8, ge=2, doc="principal components of the pixels in which distances are measured"
    )
    shown: int = setting(6, smoke=2, ge=1, doc="patches of each kind in the figure")

    def reads(self) -> Reads:
        return Reads(
            data=["digits", "photos"],
            models=["photos-grid-7x7x4", "photos-dense-196", "grid-7x7x4", "dense-196"],
            memory_mb=1500,
        )


CELLS = (4, 7, 7)
LAWS = ("prior", "diagonal", "cells shuffled", "full covariance", "posterior")
MODELS = {"photos": ("photos-grid-7x7x4", "photos-dense-196"), "digits": ("grid-7x7x4", "dense-196")}


def measure(cfg: Textures, lab: Lab) -> Outcome:
    """Distances in the principal components of the pixels, on photographs and, as a yardstick, on digits.

    Codes and referee have training pictures of their own: with so few photographs, others would differ in content.
    A replicate is a training with its own seed.
    """
    out = Outcome()
    sheets, distances = [], {}
    for dataset, names in MODELS.items():
        rng = np.random.default_rng(cfg.seed)
        train = lab.models[names[0]].pictures(lab.data[dataset]).train
        order = rng.permutation(len(train))
        half = len(order) // 2
        canvas, real = train[order[:half]][: cfg.fitted], digits_only(train[order[half:]])
        features = principal_components(real[: cfg.fitted], cfg.components)
        judge = referee(features, real, min(cfg.pictures, len(canvas)), rng)
        floor = digits_only(canvas[: len(judge)])
        out.add("texture_floor", judge.distance(floor), {"data": dataset}, replicate=0, n=len(judge))
        for name in progress(names, f"samples of {dataset}"):
            distances[name] = []
            for replicate in lab.models[name].replicates:
                network = lab.models[name].network(replicate)
                drawn = ladder(encode(network, canvas), CELLS, len(judge), np.random.default_rng((cfg.seed, replicate)))
                images = {law: decode(network, drawn[law]) for law in LAWS}
                found = {law: judge.distance(item) for law, item in images.items()}
                distances[name].append([found[law] for law in LAWS])
                for law, value in found.items():
                    out.add("distance_to_patches", value, {"model": name, "law": law}, replicate, n=len(judge))
                portion = share(found, "cells shuffled", "posterior")
                out.add("texture_dependence_share", portion, {"model": name}, replicate)
                ratio = np.log(found["prior"] / found["posterior"])
                out.add("texture_log_ratio", ratio, {"model": name}, replicate)
                if replicate == 0 and dataset == "photos":
                    sheets.append([_strip(images[law], cfg.shown) for law in LAWS])
        if dataset == "photos":
            real_strip = _strip(floor, cfg.shown)
    out.figure(
        "bottleneck-textures",
        models=np.array(list(distances)),
        laws=np.array(LAWS),
        distances=np.array(list(distances.values())),
        sheets=np.array(sheets),
        real=real_strip,
    )
    return out


def _strip(images: np.ndarray, shown: int) -> np.ndarray:
    """A few pictures in a row, uint8."""
    return np.round(255 * np.clip(np.concatenate(images[:shown], axis=1), 0, 1)).astype(np.uint8)
