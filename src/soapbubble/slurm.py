"""Two things that Snakemake's executor for Slurm lacks, for as long as it lacks them."""

from __future__ import annotations

import sys
from typing import Any


def mend(executor: Any) -> None:
    """Have the executor ask for its jobs at even intervals, and ask again where Slurm did not answer.

    By itself it asks ten seconds later each time, so that a short job is over for a minute before anyone knows; and the
    jobs that it asked for while Slurm's controller was away are forgotten, so that the run waits for them for ever. One
    question is about all jobs, and does not bother the controller.
    """
    kind, module = type(executor), sys.modules[type(executor).__module__]
    seconds = executor.workflow.executor_settings.init_seconds_before_status_checks
    kind.next_seconds_between_status_checks = property(lambda self: seconds, lambda self, wanted: None)
    ask = module.query_job_status

    async def ask_again(command: str, logger: Any) -> tuple[dict[str, str], float]:
        found, took = await ask(command, logger)
        return found or {}, took or 0.0  # of no job is anything known, so each of them is asked for again

    module.query_job_status = ask_again  # type: ignore[attr-defined]
