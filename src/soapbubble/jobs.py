"""What every job of the workflow does alike: a log, whole files or none, and a manifest written last."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from soapbubble.errors import SoapbubbleError
from soapbubble.provenance.code import code_files
from soapbubble.provenance.files import staged
from soapbubble.provenance.manifest import describe, used

Parts = Mapping[Path, Path]


def run(
    name: str,
    make: Callable[[Parts], None],
    *,
    entries: Sequence[str],
    outputs: Sequence[Path],
    log: Path,
    blocks: Mapping[str, Any] | None = None,
    inputs: Sequence[Path] = (),
) -> None:
    """Run one job.

    Args:
        name: the job's name, such as "shells/radii".
        make: writes each output under the temporary name that its argument maps the final name to.
        entries: the library modules that the job runs, such as "studies.shells.radii".
        outputs: final names; the one below a folder `manifests` becomes the job's manifest.
        log: the job's log file.
        blocks: the plain blocks of the configuration that the job was told, by dotted key.
        inputs: the files it read.
    """
    _start_log(log)
    os.environ["SOAPBUBBLE_JOB"] = name
    logging.info("%s: started", name)
    started = time.time()
    manifest = [path for path in outputs if "manifests" in path.parts]
    results = [path for path in outputs if path not in manifest]
    code = sorted({file for entry in entries for file in code_files(entry)})
    try:
        uses = used(inputs, code)
        with staged(outputs) as parts:
            make({path: parts[path] for path in results})
            _check_unchanged(name, uses, used(inputs, code))
            for path in manifest:
                made = {final: parts[final] for final in results}
                parts[path].write_text(describe(name, blocks or {}, uses, made, started), encoding="utf-8")
    except BaseException as error:
        _log_failure(name, error, log)
        raise
    logging.info("%s: done after %.1f s", name, time.time() - started)


def _check_unchanged(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Refuse results of which nobody could say whether they come from a file before or after its edit."""
    changed = [file for kind in before for file in before[kind] if after[kind][file] != before[kind][file]]
    if changed:
        raise SoapbubbleError(f"{changed[0]}: was changed while {name} ran, so its results were dropped; run again.")


def _start_log(log: Path) -> None:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=log, filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True
        )
    except OSError as error:
        raise SoapbubbleError(f"{log}: cannot be written ({error.strerror}); unlock that folder.") from error
    logging.captureWarnings(True)
    warnings.simplefilter("default")


def _log_failure(name: str, error: BaseException, log: Path) -> None:
    if isinstance(error, SoapbubbleError):
        logging.error("%s: %s", name, error)
    elif isinstance(error, KeyboardInterrupt):
        logging.error("%s: interrupted", name)
    else:
        logging.exception("%s: failed", name)
        print(f"{name} failed; the last lines of {log}:", file=sys.stderr)
        print("\n".join(log.read_text(encoding="utf-8").splitlines()[-8:]), file=sys.stderr)
