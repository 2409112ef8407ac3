# What all rules share: the checked configuration, paths, slices of the configuration, and the code that a job uses.

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from soapbubble.config.loading import blocks_text, validate
from soapbubble.errors import SoapbubbleError
from soapbubble.provenance.code import code_files
from soapbubble.provenance.lock import hold

try:
    CONFIG = validate(config)
except SoapbubbleError as error:
    raise WorkflowError(str(error)) from None

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

# Filled by rules/<study>.smk: the parts of each study, and the trained models and datasets that they read.
STUDY_PARTS: dict[str, list[str]] = {}
STUDY_MODELS: dict[str, list[str]] = {}
STUDY_DATASETS: dict[str, list[str]] = {}


def results(path):
    """A path in the folder of this run."""
    return f"results/{CONFIG.run}/{path}"


def block(*keys):
    """Just these blocks of the configuration, as JSON text: a job re-runs when its own blocks change."""
    text = blocks_text(CONFIG, *keys)
    return lambda wildcards: text  # in a plain text, braces that a user wrote would be taken for wildcards


def code(*modules):
    """The library files that the modules use: a job re-runs when one of them changes."""
    return sorted({os.path.relpath(file) for module in modules for file in code_files(module)})


def models_of(study, *names):
    """The trained models of these names, which a part of `study` measures; `classifier` is the judge of digits."""
    STUDY_MODELS.setdefault(study, []).extend(names)
    for name in names:
        if name not in (*CONFIG.autoencoders.models, "classifier"):
            raise WorkflowError(f"autoencoders.models.{name}: is missing and a study measures it; see config.yaml.")
    return [results(f"models/{name}.safetensors") for name in names]


def family_of(model):
    """The job that trains a model."""
    families = CONFIG.autoencoders.families
    return next((name for name, family in families.items() if model in family), "classifier")


def figures_of(study, part):
    """The figures whose data a part of a study writes."""
    written = map(Path, getattr(rules, f"{study}_{part}").output)
    return [path.stem for path in written if path.suffix == ".npz"]


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
