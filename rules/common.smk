# What all rules share: the checked configuration, paths, slices of the configuration, and the code that a job uses.

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from soapbubble.parts.loading import blocks_text, validate
from soapbubble.parts.studies import studies as places_of
from soapbubble.parts.thresholds import thresholds
from soapbubble.errors import SoapbubbleError
from soapbubble.provenance.code import code_files
from soapbubble.provenance.lock import hold

try:
    CONFIG = validate(config)
    STUDIES = places_of(CONFIG.studies)
except SoapbubbleError as error:
    raise WorkflowError(str(error)) from None

PARTS = [part for study in STUDIES for part in study.parts]

for FOLDER in (".snakemake", "results"):
    if not os.access(FOLDER if os.path.exists(FOLDER) else ".", os.W_OK):
        raise WorkflowError(f"{FOLDER}: cannot be written; unlock this folder, or copy the project to one of your own.")

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
KILLED = shlex.quote(os.path.join(workflow.basedir, "rules/killed.sh"))
shell.prefix(f". {KILLED.replace('{', '{{').replace('}', '}}')}; ")


def results(path):
    """A path in the folder of this run."""
    return f"results/{CONFIG.run}/{path}"


def block(*keys, **more):
    """Just these blocks of the configuration, as JSON text: a job re-runs when its own blocks change."""
    text = blocks_text(CONFIG, *keys, **more)
    return lambda wildcards: text  # in a plain text, braces that a user wrote would be taken for wildcards


def code(*entries):
    """The files that these modules use: a job re-runs when one of them changes."""
    return sorted({os.path.relpath(file) for entry in entries for file in code_files(entry)})


def beside(dataset):
    """The files that belong to a dataset beside its images."""
    return [f"{dataset}.json", *(f"{dataset}-{extra}.npy" for extra in getattr(CONFIG.data, dataset).extras())]


def reads(part):
    """What a part reads under this configuration; all of its models must exist."""
    found = getattr(getattr(CONFIG, part.study), part.name).reads()
    for name in found.models:
        if name not in (*CONFIG.autoencoders.models, "classifier"):
            raise WorkflowError(f"autoencoders.families: has no model '{name}', which {part.label} measures; add it.")
    return found


def folder(part):
    """How a command is told where a study lies that is not the library's."""
    return f" --folder {shlex.quote(f'./{part.folder}')}" if part.is_elsewhere else ""


def family_of(model):
    """The job that trains a model."""
    families = CONFIG.autoencoders.families
    return next((name for name, family in families.items() if model in family), "classifier")


def datasets(studies):
    """The datasets that studies read."""
    return sorted({name for study in studies for part in study.parts for name in reads(part).data})


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
