# What all rules share: the plan of the run, and how jobs are started.

import json
import os
import shlex
from pathlib import Path

from soapbubble.plan import DOCUMENTS
from soapbubble.workflow import planned, prepare_jobs, prepare_output, start

RUN = planned(workflow, config)
prepare_output(workflow, RUN)
prepare_jobs(workflow)

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


onstart:
    start(workflow)
