"""What the rules ask of Snakemake's workflow object: checks before the configuration is read, and how jobs are run."""

from __future__ import annotations

import gc
import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.enums import Quietness

from soapbubble.config.yaml_file import read_yaml
from soapbubble.errors import SoapbubbleError
from soapbubble.parts.loading import validate, with_words
from soapbubble.plan import Plan
from soapbubble.provenance.code import refuse_another_checkout
from soapbubble.provenance.durations import completed
from soapbubble.provenance.files import refuse_future
from soapbubble.provenance.lock import hold
from soapbubble.run_line import RunLine
from soapbubble.slurm import mend

OWN = ("src", "claims", "report_templates")
RESULTS, LOCK = Path("results"), Path("results/.lock")
# A job keeps the memory that it has freed (of glibc's allocator; others take no notice): to give every large array back
# and have its pages zeroed again takes a tenth to a third of the time of what handles 65,536 latents.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**33), "MALLOC_TOP_PAD_": str(2**26)}


def refuse_unreadable(workflow: Any) -> None:
    """Read the configuration files before Snakemake does, which names neither the file nor the line of a mistake.

    It would also take in silence the last of a key that is written twice, and forget the first of two --configfile.

    Raises:
        WorkflowError: what is wrong, in one sentence.
    """
    try:
        if "{" in workflow.basedir:
            raise SoapbubbleError(
                f"{workflow.basedir}: has a brace in its path, which Snakemake takes for a wildcard; move or rename "
                "the folder."
            )
        refuse_another_checkout(Path(workflow.basedir))
        if sum(word.split("=")[0] in ("--configfile", "--configfiles") for word in sys.argv) > 1:
            raise SoapbubbleError(
                "--configfile was given twice, and the first would be forgotten; give all files after one."
            )
        for file in ("config.yaml", *workflow.configfiles):
            read_yaml(Path(file))
    except SoapbubbleError as error:
        raise WorkflowError(str(error)) from None


def planned(workflow: Any, config: Mapping[str, Any]) -> Plan:
    """The plan of the run that `config` describes.

    Raises:
        WorkflowError: what is wrong with the configuration or with this folder, in one sentence.
    """
    # What a plan makes stays until it is done: to look for garbage all the while would take a fifth of its time.
    gc.freeze()
    gc.set_threshold(200_000)
    try:
        plan = Plan(validate(with_words(config, workflow.config_settings.config)))
        own = [file for name in OWN for file in Path(workflow.basedir, name).rglob("*.*")]
        refuse_future([*own, *(file for files in plan.files.values() for file in files)])
    except SoapbubbleError as error:
        raise WorkflowError(str(error)) from None
    for folder in (Path(".snakemake"), RESULTS):
        if not os.access(folder if folder.exists() else ".", os.W_OK):
            raise WorkflowError(
                f"{folder}: cannot be written; unlock this folder, or copy the project to one of your own."
            )
    return plan


def prepare_jobs(workflow: Any) -> None:
    """Have jobs run with the Python that runs Snakemake, also when its environment is not active, and this library."""
    os.environ.update(
        KEEP_MEMORY,
        PATH=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
        PYTHONPATH=os.path.join(workflow.basedir, "src"),
    )
    name_user()


def name_user() -> None:
    """Call a user who has no name, as in a container that runs under a bare number, by the number: Snakemake asks."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        os.environ.setdefault("USER", str(os.getuid()))


def prepare_output(workflow: Any, plan: Plan) -> None:
    """On a terminal have one line say what runs, for the jobs as well; -p and --verbose have what Snakemake prints."""
    output = workflow.output_settings
    if output.printshellcmds and Quietness.RULES in (output.quiet or ()):
        output.quiet.discard(Quietness.RULES)  # -p asks for what the profile keeps quiet about
    if output.dryrun or output.printshellcmds or output.verbose:
        return
    for handler in logger.handlers:
        if getattr(handler, "is_tty", False):
            handler.filters.insert(0, RunLine(lambda: _expected_seconds(workflow, plan)))
            os.environ.update(SOAPBUBBLE_QUIET="yes")


def _expected_seconds(workflow: Any, plan: Plan) -> dict[object, float]:
    """What each job of the run is expected to take, by its number."""
    known = completed(plan.published_seconds or {"": 1.0}, plan.needs)
    jobs = {str(plan.manifest(job)): seconds for job, seconds in known.items()}
    return {job.jobid: sum(jobs.get(file, 0.0) for file in job.output) for job in workflow.dag.needrun_jobs()}


def start(workflow: Any) -> None:
    """Lock the folder until this process ends, and adjust how Snakemake looks for work.

    Snakemake's own lock outlives a killed run (the profile turns it off); this one does not.

    Raises:
        WorkflowError: another run is at work in this folder.
    """
    try:
        workflow.lock_of_this_folder = hold(LOCK)  # held for as long as the workflow is
    except SoapbubbleError as error:
        raise WorkflowError(str(error)) from None
    if workflow.local_exec:
        # A limit on the jobs started in a second, of no use here, makes Snakemake look for work once a second for every
        # job that has finished: up to half a core late in a run.
        workflow.scheduler.job_rate_limiter = None
    elif type(workflow.scheduler._executor).__module__ == "snakemake_executor_plugin_slurm":
        mend(workflow.scheduler._executor)
