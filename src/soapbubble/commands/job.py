"""What every job of the workflow does alike: a log, whole files or none, and a manifest written last."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from soapbubble.errors import SoapbubbleError
from soapbubble.provenance.code import code_files
from soapbubble.provenance.files import staged
from soapbubble.provenance.manifest import describe, used

Parts = Mapping[Path, Path]


@dataclass(frozen=True)
class Job:
    """One call of a rule, as its command line says it.

    `subject` is what the job is about, such as a part of a study; `cfg` the blocks of the configuration, as JSON;
    `output` holds the final names, and the one below a folder `manifests` becomes the job's manifest.
    """

    output: Sequence[Path]
    log: Path
    subject: str = ""
    cfg: str = "{}"
    input: Sequence[Path] = ()
    data: Sequence[Path] = ()
    models: Sequence[Path] = field(default=())
    folder: Path | None = None

    @property
    def inputs(self) -> list[Path]:
        """All files that the job reads: a dataset brings its card and labels, a model its card."""
        files = list(self.input)
        if self.data:
            from soapbubble.data.dataset import files_of

            files += [file for npy in self.data for file in files_of(npy)]
        return files + [file for weights in self.models for file in (weights, weights.with_suffix(".json"))]

    def run(self, name: str, make: Callable[[Parts], None], entries: Sequence[str | Path]) -> None:
        """Make the outputs.

        Args:
            name: the job's name, such as "shells/radii".
            make: writes each output under the temporary name that its argument maps the final name to.
            entries: the library modules that the job runs, such as "studies.shells.radii", or files elsewhere.
        """
        _start_log(self.log)
        os.environ["SOAPBUBBLE_JOB"] = name
        logging.info("%s: started", name)
        started = time.time()
        manifest = [path for path in self.output if "manifests" in path.parts]
        results = [path for path in self.output if path not in manifest]
        code = sorted({file for entry in entries for file in code_files(entry)})
        try:
            uses = used(self.inputs, code)
            with staged(self.output) as parts:
                make({path: parts[path] for path in results})
                _check_unchanged(name, uses, used(self.inputs, code))
                for path in manifest:
                    made = {final: parts[final] for final in results}
                    text = describe(name, json.loads(self.cfg), uses, made, started)
                    parts[path].write_text(text, encoding="utf-8")
        except BaseException as error:
            _log_failure(name, error, self.log)
            raise
        logging.info("%s: done after %.1f s", name, time.time() - started)


def _check_unchanged(
    name: str, before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]
) -> None:
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
