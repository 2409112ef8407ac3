"""Moments and tails of standardised sums of uniform numbers."""

from __future__ import annotations

import numpy as np

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.parts.declaration import Part, setting


class Sums(Part):
    """Sums of n numbers from U(0, 1), less their mean n/2, in units of their standard deviation."""

    seed: int = setting(1, ge=0, doc="seed of the random numbers")
    terms: list[int] = setting([1, 2, 4, 12, 48], smoke=[2, 12], min_length=1, unit="numbers", doc="terms of a sum")
    sums: int = setting(200_000, smoke=20_000, ge=1000, unit="sums", doc="sums in each replicate")
    replicates: int = setting(10, smoke=3, ge=2, unit="batches", doc="independent batches of sums")
    tail: float = setting(3.0, gt=0, unit="standard deviations", doc="where the tails begin")


def measure(cfg: Sums, lab: Lab) -> Outcome:
    """Variance before standardising, excess kurtosis, and the share of sums in the tails, for each number of terms."""
    out = Outcome()
    for terms in cfg.terms:
        for replicate in range(cfg.replicates):
            rng = np.random.default_rng((cfg.seed, terms, replicate))
            sums = rng.random((cfg.sums, terms)).sum(axis=1) - terms / 2
            scaled = sums / np.sqrt(terms / 12)
            condition = {"terms": terms}
            out.add("variance", float(sums.var()), condition, replicate, n=cfg.sums)
            out.add("excess_kurtosis", float((scaled**4).mean() - 3), condition, replicate, n=cfg.sums)
            beyond = float((np.abs(scaled) > cfg.tail).mean())
            out.add("tail_share", beyond, condition, replicate, "proportion", cfg.sums)
    return out
