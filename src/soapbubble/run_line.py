"""A run on a terminal: instead of lines about each job, one that says what runs, how much is done and the time left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from tqdm import tqdm

ABOUT_JOBS = ("run_info", "job_info", "job_started", "job_finished", "group_info", "progress", "shellcmd")
SHOWN = 3  # names of running jobs
FORMAT = "{percentage:3.0f}% |{bar:20}| {remaining} left, {desc}"


class RunLine(logging.Filter):
    """A filter of Snakemake's messages that lets pass what is not about single jobs and draws the line from the rest.

    Args:
        seconds: what the jobs of this run are expected to take, by their number, once there is a list of jobs.
    """

    def __init__(self, seconds: Callable[[], Mapping[object, float]]) -> None:
        super().__init__()
        self._seconds = seconds
        self._left: dict[object, float] = {}
        self._running: dict[object, str] = {}
        self._jobs = 0
        self._bar: tqdm | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a message is to be printed; the line makes room for it."""
        event = getattr(record, "event", None)
        if event == "run_info":
            self._start()
        elif event == "job_info":
            self._running[record.__dict__["jobid"]] = record.__dict__["rule_name"]
            self._draw(0.0)
        elif event == "job_finished":
            self._finish(record.__dict__["job_id"])
        elif event not in ABOUT_JOBS and record.getMessage() != "Select jobs to execute...":
            if self._bar is not None:
                self._bar.clear()
            return True
        return False

    def _start(self) -> None:
        self._left = dict(self._seconds())
        self._jobs = len(self._left)
        self._bar = tqdm(
            total=sum(self._left.values()), bar_format=FORMAT, leave=False, smoothing=0, dynamic_ncols=True
        )

    def _finish(self, job: object) -> None:
        self._running.pop(job, None)
        self._draw(self._left.pop(job, 0.0))
        if not self._left and self._bar is not None:
            self._bar.close()

    def _draw(self, seconds: float) -> None:
        if self._bar is None:
            return
        names = sorted(self._running.values())
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        done = f"{self._jobs - len(self._left)} of {self._jobs} jobs done"
        self._bar.n += seconds
        self._bar.set_description_str(f"{done}; running: {', '.join(names[:SHOWN])}{more}" if names else done)
