"""How long a run of many jobs takes: its longest way, and its time on a number of cores."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter


def remaining(seconds: Mapping[str, float], needs: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Seconds from the start of each job to the end of the last that follows from it, if no job waits for a core.

    Args:
        seconds: how long each job takes.
        needs: the jobs that each job follows; there is no circle.
    """
    left = dict(seconds)
    for job in reversed(tuple(TopologicalSorter(needs).static_order())):
        for before in needs[job]:
            left[before] = max(left[before], seconds[before] + left[job])
    return left


def longest_way(seconds: Mapping[str, float], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The critical path: the jobs, one after the other, without whose time the run cannot be shorter."""
    left = remaining(seconds, needs)
    followers: dict[str, list[str]] = {job: [] for job in needs}
    for job, before in needs.items():
        for name in before:
            followers[name].append(job)
    way, open_jobs = [], [job for job in needs if not needs[job]]
    while open_jobs:
        way.append(max(open_jobs, key=left.__getitem__))
        open_jobs = followers[way[-1]]
    return way


def run_time(seconds: Mapping[str, float], needs: Mapping[str, Sequence[str]], cores: int) -> float:
    """Seconds of a run on `cores` cores, when a free core takes the ready job that is furthest from the end.

    List scheduling by the critical path (Graham 1969): at most twice the best possible, here within a few percent.
    """
    left = remaining(seconds, needs)
    order = TopologicalSorter(needs)
    order.prepare()
    ready: list[tuple[float, str]] = []
    running: list[tuple[float, str]] = []
    now = 0.0
    while order.is_active():
        for job in order.get_ready():
            heapq.heappush(ready, (-left[job], job))
        while ready and len(running) < cores:
            _, job = heapq.heappop(ready)
            heapq.heappush(running, (now + seconds[job], job))
        now, job = heapq.heappop(running)
        order.done(job)
    return now
