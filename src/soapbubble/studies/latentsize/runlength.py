"""The arithmetic of the thread: how many latents there are, and the string that is coded by its runs."""

from __future__ import annotations

import random
from typing import Literal

import numpy as np

from soapbubble.config.autoencoders import Autoencoder
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.stats import run_length
from soapbubble.stats.run_length import CODERS, DIGITS, encode


class RunLength(Part):
    """The arithmetic of the thread: the size of its latent space, and its string coded by runs."""

    seed: int = setting(210, ge=0, doc="seed of the random numbers")
    # an MNIST digit
    digit_side: int = setting(28, ge=1, unit="pixel", doc="side of a digit")
    # what two halvings to the thread's 8 x 8 need
    image_side: Literal[28, 32] = setting(32, unit="pixel", doc="side of the image it is padded to")
    # the thread's latent grid,
    grid: int = setting(8, ge=1, doc="cells a side of the latent grid")
    # and its channels
    channels: int = setting(1024, ge=1, doc="latents a cell")
    # one failure among them would show
    strings: int = setting(10000, smoke=300, ge=100, doc="random strings that are coded and decoded")
    runs: int = setting(20, ge=1, doc="runs of the longest of them")
    # the printed example has 4.83, the break-even is near 4.1
    mean_runs: tuple[float, ...] = setting(
        [1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0], min_length=2, doc="mean lengths of their runs"
    )
    # 400 runs a replicate: ratios to 5 %
    strings_per_replicate: int = setting(20, ge=1, doc="strings whose codes' mean length is taken")
    replicates: int = setting(20, smoke=4, ge=2, doc="for each distribution of runs")

    def reads(self) -> Reads:
        return Reads(memory_mb=1000)


STRING = "33333333000000000669111222222"  # the answer's example, and its code as printed there
PRINTED = "8:3/9:0/2:6/1:9/3:1/6:2"


def measure(cfg: RunLength, lab: Lab) -> Outcome:
    """Sizes of the latent grid; the printed code, its length and its bits; the code of random strings."""
    out = Outcome()
    _grid(out, cfg)
    _example(out)
    _random_strings(out, cfg)
    return out


def _grid(out: Outcome, cfg: RunLength) -> None:
    model = Autoencoder(side=cfg.image_side, bottleneck="grid", grid=cfg.grid, channels=cfg.channels)
    out.add("latents", model.latents)
    for side in (cfg.digit_side, cfg.image_side):
        out.add("latents_per_pixel", model.latents / side**2, {"side": side})
        halvings = 2
        out.add("cells_after_two_halvings", side / 2**halvings, {"side": side})


def _example(out: Outcome) -> None:
    code = encode(STRING)
    out.add("code_as_printed", code == PRINTED)
    out.add("decoded_as_the_string", run_length.decode(PRINTED) == STRING, {"coder": "run-length code"})
    out.add("string_characters", len(STRING))
    out.add("code_characters", len(PRINTED))
    out.add("saved_characters", len(STRING) - len(PRINTED))
    out.add("separators_at_even_positions", run_length.separators_at_even_positions(PRINTED))
    out.add("separators", sum(PRINTED.count(separator) for separator in run_length.SEPARATORS))
    out.add("numbers", len(STRING), {"of": "string"})
    out.add("numbers", 2 * len(run_length.runs(STRING)), {"of": "code"})
    mean_run = len(STRING) / len(run_length.runs(STRING))
    out.add("code_to_string", len(PRINTED) / len(STRING), {"runs": "printed example", "mean_run": mean_run})
    for name, (write, read) in CODERS.items():
        bits = write(STRING)
        out.add("bits", len(bits), {"coder": name})
        out.add("decoded_as_the_string", read(bits) == STRING, {"coder": name})
    out.add("bits", run_length.entropy_bits(STRING), {"coder": "entropy of the digits"})
    out.add("bits", run_length.zlib_bits(STRING), {"coder": "deflate"})


def _random_strings(out: Outcome, cfg: RunLength) -> None:
    """Is the code lossless, when is it shorter, and where do separators leave the even positions?"""
    source = random.Random(cfg.seed)
    out.add("break_even_run", run_length.break_even())
    lossless = 0
    long_counts = {True: 0, False: 0}
    for _ in range(cfg.strings):
        text = _with_runs(source, source.choice(cfg.mean_runs), source.randint(1, cfg.runs))
        code = encode(text)
        lossless += run_length.decode(code) == text
        if any(count >= 10 for count, _ in run_length.runs(text)):
            long_counts[run_length.separators_at_even_positions(code)] += 1
    out.add("lossless", lossless / cfg.strings, replicate=0, unit="proportion", n=cfg.strings)
    total = sum(long_counts.values())
    out.add("even_separators_with_long_runs", long_counts[True] / total, replicate=0, unit="proportion", n=total)
    count = cfg.runs * cfg.strings_per_replicate
    for replicate in range(cfg.replicates):
        for mean in cfg.mean_runs:
            _ratio(out, _with_runs(source, mean, count), "geometric", mean, replicate)
        digits = "".join(source.choices(DIGITS, k=count))
        _ratio(out, digits, "independent digits", 1 / (1 - 1 / len(DIGITS)), replicate)
    for mean in np.geomspace(1.05, 1.5 * max(cfg.mean_runs), 100):
        out.add("code_to_string", run_length.expected_ratio(mean), {"runs": "expected", "mean_run": mean})


def _ratio(out: Outcome, text: str, runs: str, mean_run: float, replicate: int) -> None:
    out.add("code_to_string", len(encode(text)) / len(text), {"runs": runs, "mean_run": mean_run}, replicate)


def _with_runs(source: random.Random, mean: float, count: int) -> str:
    """A string of `count` runs whose lengths are geometric with this mean; no digit follows itself in the next run."""
    text, last = [], ""
    for _ in range(count):
        last = source.choice([digit for digit in DIGITS if digit != last])
        length = 1
        while source.random() > 1 / mean:
            length += 1
        text.append(last * length)
    return "".join(text)
