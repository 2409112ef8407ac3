"""How fast layers are inverted: a step of ours against a step of the loop as the page's author published it.

    python benchmarks/inversion.py [--side 299] [--images 4] [--steps 3] [--rounds 3]

The published loop runs the stages of the whole module one by one, with the gradients of all parameters, contiguous, one
image at a time, and blurs with a two-dimensional kernel. Ours is `measuring.inversion.invert` on the network cut off
at the stage, frozen, channels last, with batch normalisation folded away, several images at a time; in single precision
and with the network in bfloat16. Both take ResNet-50 with random weights, one process and one thread, in turns. Printed
for each stage: milliseconds of the processor an image and step (medians over the rounds), how many times faster ours
is, and the share of the machine's rate of matrix multiplication that our multiplications and additions come to.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from soapbubble.measuring.inversion import Descent, invert, start
from soapbubble.measuring.layers import up_to
from soapbubble.models.initialise import seeded
from soapbubble.models.vision import untrained_resnet

STAGES = {"Conv2": "layer1", "Conv5": "layer4"}
SCRIPT = Descent()


def published(stages: list[nn.Module], image: torch.Tensor, begin: torch.Tensor, steps: int) -> None:
    """The loop as published, for one image (1, 3, side, side)."""

    def output(x: torch.Tensor) -> torch.Tensor:
        for stage in stages:
            x = stage(x)
        return x

    target = output(image).detach()
    found = begin.clone()
    for number in range(steps):
        found = found.detach().requires_grad_()
        loss = SCRIPT.weight * (target - output(found)).abs().sum()
        loss.backward()
        found = found - SCRIPT.step * found.grad
        found = _blurred(found, 2.4 - 2.0 * number / max(steps - 1, 1))


def _blurred(images: torch.Tensor, sd: float) -> torch.Tensor:
    line = torch.exp(-torch.tensor([-1.0, 0.0, 1.0]).square() / (2 * sd**2))
    kernel = (torch.outer(line, line) / line.sum() ** 2).expand(3, 1, 3, 3)
    return functional.conv2d(functional.pad(images, (1, 1, 1, 1), mode="reflect"), kernel, groups=3)


def seconds(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def multiplication_rate(size: int = 1500) -> float:
    """Floating-point operations a second in a product of square matrices."""
    a = torch.rand(size, size)
    return 2 * size**3 / min(seconds(lambda: a @ a) for _ in range(5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=299, help="pixels a side")
    parser.add_argument("--images", type=int, default=4, help="images in a batch of ours")
    parser.add_argument("--steps", type=int, default=3, help="steps in each round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, in turns")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with seeded(1):
        plain, frozen = untrained_resnet("resnet50").eval(), untrained_resnet("resnet50").eval()
    images = torch.rand(chosen.images, 3, chosen.side, chosen.side, generator=torch.Generator().manual_seed(1))
    begin = start(images, torch.Generator().manual_seed(2))
    rate = multiplication_rate()
    print(f"ResNet-50, {chosen.side} pixels, {chosen.images} images a batch; matrix products: {rate / 1e9:.0f} GFLOP/s")
    children = list(plain.named_children())
    descent = Descent(chosen.steps)
    for stage, name in STAGES.items():
        up_to_stage = [module for _, module in children[: [child for child, _ in children].index(name) + 1]]
        layer, half = (up_to(frozen, name, images, bfloat16=low) for low in (False, True))
        runs: dict[str, tuple[Callable[[], object], int]] = {
            "published": (partial(published, up_to_stage, images[:1], begin[:1], chosen.steps), 1),
            "ours": (partial(invert, layer, images, begin, descent, chosen.steps), chosen.images),
            "ours, bfloat16": (partial(invert, half, images, begin, descent, chosen.steps), chosen.images),
        }
        times: dict[str, list[float]] = {key: [] for key in runs}
        for _ in range(chosen.rounds):
            for key, (run, count) in runs.items():
                times[key].append(seconds(run) / count / chosen.steps)
        typical = {key: statistics.median(values) for key, values in times.items()}
        with FlopCounterMode(display=False) as counter:
            layer(images[:1].clone().requires_grad_()).sum().backward()
        for key, value in typical.items():
            share = "" if key == "published" else f", {counter.get_total_flops() / value / rate:.0%} of the rate"
            print(f"{stage} {key:15s} {1000 * value:8.1f} ms, {typical['published'] / value:5.2f} times{share}")


if __name__ == "__main__":
    main()
