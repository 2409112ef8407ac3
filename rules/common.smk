# What all rules share: the plan of the run, and how jobs are started.

import gc
import json
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.enums import Quietness

from soapbubble.errors import SoapbubbleError
from soapbubble.parts.loading import validate, with_words
from soapbubble.plan import DOCUMENTS, Plan
from soapbubble.provenance.durations import completed
from soapbubble.provenance.files import refuse_future
from soapbubble.provenance.lock import hold
from soapbubble.run_line import RunLine
from soapbubble.slurm import mend

# What a plan makes stays until it is done: to look for garbage all the while would take a fifth of its time.
gc.freeze()
gc.set_threshold(200_000)

try:
    RUN = Plan(validate(with_words(config, workflow.config_settings.config)))
    OWN = [file for name in ("src", "claims", "report_templates") for file in Path(workflow.basedir, name).rglob("*.*")]
    refuse_future([*OWN, *(file for files in RUN.files.values() for file in files)])
except SoapbubbleError as error:
    raise WorkflowError(str(error)) from None

for FOLDER in (".snakemake", "results"):
    if not os.access(FOLDER if os.path.exists(FOLDER) else ".", os.W_OK):
        raise WorkflowError(f"{FOLDER}: cannot be written; unlock this folder, or copy the project to one of your own.")

if workflow.output_settings.printshellcmds and Quietness.RULES in (workflow.output_settings.quiet or ()):
    workflow.output_settings.quiet.discard(Quietness.RULES)  # -p asks for what the profile keeps quiet about


def expected_seconds():
    """What each job of the run is expected to take, by its number."""
    known = completed(RUN.published_seconds or {"": 1.0}, RUN.needs)
    jobs = {str(RUN.manifest(job)): seconds for job, seconds in known.items()}
    return {job.jobid: sum(jobs.get(file, 0.0) for file in job.output) for job in workflow.dag.needrun_jobs()}


# On a terminal one line says what runs, for the jobs as well; -p and --verbose have what Snakemake prints by itself.
OUTPUT = workflow.output_settings
for HANDLER in logger.handlers:
    if getattr(HANDLER, "is_tty", False) and not (OUTPUT.dryrun or OUTPUT.printshellcmds or OUTPUT.verbose):
        HANDLER.filters.insert(0, RunLine(expected_seconds))
        os.environ.update(SOAPBUBBLE_QUIET="yes")

# Jobs run with the Python that runs Snakemake, also when its environment is not activated, and with this library.
os.environ.update(
    PATH=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
    PYTHONPATH=os.path.join(workflow.basedir, "src"),
)

# A job keeps the memory that it has freed (of glibc's allocator; others take no notice): to give every large array back
# and have its pages zeroed again takes a tenth to a third of the time of what handles 65,536 latents.
os.environ.update(MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_=str(2**33), MALLOC_TOP_PAD_=str(2**26))

# What kills a job for want of memory leaves it no time to say so: the shell says it. The words stand in a file, or
# Snakemake would print them with the command of every job that fails.
shell.prefix(f". {shlex.quote(os.path.join(workflow.basedir, 'rules/killed.sh'))}; ")


def results(*names):
    """Paths in the folder of this run; one by itself is no list."""
    paths = [RUN.path(name) for name in names]
    return paths[0] if len(paths) == 1 else paths


def told(text):
    """A parameter as it stands: in a plain text, braces that a user wrote would be taken for wildcards."""
    return lambda wildcards: text


# On a cluster, Snakemake itself runs twice around each job: once for the batch script, once for its step.
AROUND = 400  # MB
ON_CLUSTER = workflow.resource_settings.nodes is not None  # the executor itself is not known yet


def grown(least, around=0):
    """A resource: `least`; on a cluster twice as much each time that the job was killed, and what is `around` it."""
    if not ON_CLUSTER:  # to work out a function for each of a thousand jobs takes seconds
        return least
    return lambda wildcards, attempt: least * 2 ** (attempt - 1) + around


# Snakemake's own lock outlives a killed run (the profile turns it off); this one does not.
HELD = []


onstart:
    try:
        HELD.append(hold(Path("results/.lock")))
    except SoapbubbleError as error:
        raise WorkflowError(str(error)) from None
    if workflow.local_exec:
        # A limit on the jobs started in a second, of no use here, makes Snakemake look for work once a second for every
        # job that has finished: up to half a core late in a run.
        workflow.scheduler.job_rate_limiter = None
    elif type(workflow.scheduler._executor).__module__ == "snakemake_executor_plugin_slurm":
        mend(workflow.scheduler._executor)
