"""Manifests: what a job used and made, and whether that is still so."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from soapbubble import __version__
from soapbubble.errors import SoapbubbleError
from soapbubble.provenance.code import PACKAGE, file_of, name_of
from soapbubble.provenance.files import digest

# The libraries whose version can change a result.
LIBRARIES = (
    "torch", "torchvision", "numpy", "scipy", "pandas", "scikit-learn", "scikit-image", "pillow",
    "matplotlib", "typst", "pypandoc_binary", "Jinja2", "snakemake",
)  # fmt: skip


def versions() -> dict[str, str]:
    """The installed versions of the libraries, Python's own included."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit() -> str:
    """The Git commit of the working folder, marked where files differ from it; "unknown" if it is no repository's root.

    A folder inside another repository, such as an unpacked archive, has no commit of its own.
    """
    head, root = git("rev-parse", "HEAD"), git("rev-parse", "--show-toplevel")
    if head is None or root is None or Path(root).resolve() != Path.cwd():
        return "unknown"
    return head + (" with local changes" if git("status", "--porcelain", "--untracked-files=no") else "")


def commit_date() -> str:
    """The day of that commit, such as "29 November 2026"; empty where there is none."""
    return "" if commit() == "unknown" else git("log", "-1", "--format=%cd", "--date=format:%-d %B %Y") or ""


def git(*arguments: str) -> str | None:
    """What Git says of the working folder; None where it says nothing."""
    try:
        # Variables such as GIT_DIR speak of a repository that the user is at work in, not of this one.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        run = subprocess.run(
            ("git", *arguments), capture_output=True, text=True, check=True, timeout=20, env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip()


def _device() -> str:
    """What the job computed on; a process that has not touched CUDA has computed on the CPU."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_initialized() else "cpu"


def used(inputs: Sequence[Path], code: Sequence[Path]) -> dict[str, dict[str, str]]:
    """The digests of what a job uses, as its manifest names them."""
    return {
        "inputs": {str(path): digest(path) for path in sorted(inputs)},
        "code": {name_of(path): digest(path) for path in sorted(code)},
    }


def describe(
    job: str,
    blocks: Mapping[str, Any],
    uses: Mapping[str, Mapping[str, str]],
    outputs: Mapping[Path, Path],
    started: float,
) -> str:
    """The manifest of a finished job as JSON text.

    Args:
        job: its name.
        blocks: the blocks of the configuration that it was told.
        uses: what `used` said before the job began.
        outputs: final names to the files as they are now.
        started: seconds since the epoch.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    content = {
        "job": job,
        "soapbubble": __version__,
        "command": ["python", "-m", PACKAGE, *sys.argv[1:]],
        "config": dict(blocks),
        **uses,
        "outputs": {str(final): digest(part) for final, part in sorted(outputs.items())},
        "versions": versions(),
        "device": _device(),
        "threads": int(os.environ.get("OMP_NUM_THREADS", "1")),
        "commit": commit(),
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - started, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_memory_mb": round(usage.ru_maxrss / 1024),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


class _Manifest(BaseModel):
    """What the judgement rests on; a manifest says more."""

    model_config = ConfigDict(extra="allow", strict=True)

    job: str
    soapbubble: str = "0.1.0 or older"  # which did not write it down
    config: dict[str, Any]
    inputs: dict[str, str]
    code: dict[str, str]
    outputs: dict[str, str]
    versions: dict[str, str]
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Finding:
    """The state of one result: "current", "stale" (what it was made from has changed) or "altered"."""

    path: str
    state: str
    why: str


def check(manifests: Sequence[Path], current: Mapping[str, Any]) -> list[Finding]:
    """Judge every result that the manifests speak of.

    Args:
        manifests: the manifest files.
        current: the configuration now, as nested plain data.

    Raises:
        SoapbubbleError: a manifest cannot be read.
    """
    contents = [read_manifest(path) for path in manifests]
    installed = versions()
    digests = _Digests()
    own = {item["job"]: _reasons(item, current, installed, digests) for item in contents}
    makers = {output: item["job"] for item in contents for output in item["outputs"]}
    jobs = {item["job"]: item for item in contents}
    findings = []
    for item in contents:
        stale = own[item["job"]] or _inherited(item, own, makers, jobs)
        for output, expected in sorted(item["outputs"].items()):
            found = digests.of(Path(output))
            if found is None:
                findings.append(Finding(output, "missing", "the file is gone"))
            elif found != expected:
                findings.append(Finding(output, "altered", "the file was changed after it was made"))
            elif stale:
                findings.append(Finding(output, "stale", _made_by(item["soapbubble"]) + stale))
            else:
                findings.append(Finding(output, "current", ""))
    return findings


def _made_by(version: str) -> str:
    return "" if version == __version__ else f"made by soapbubble {version}, this is {__version__}; "


class _Digests:
    """Digests of files, each computed once; None where there is no such file."""

    def __init__(self) -> None:
        self._known: dict[Path, str | None] = {}

    def of(self, path: Path) -> str | None:
        if path not in self._known:
            self._known[path] = digest(path) if os.path.exists(path) else None  # pathlib fails at long names
        return self._known[path]


def _reasons(
    item: Mapping[str, Any], current: Mapping[str, Any], installed: Mapping[str, str], digests: _Digests
) -> str:
    """Why a job's results are stale by itself; empty if they are not."""
    for key, block in item["config"].items():
        difference = _difference(key, block, _lookup(current, key))
        if difference:
            return difference
    for kind, place in (("code", file_of), ("inputs", Path)):
        for name, expected in item[kind].items():
            found = digests.of(place(name))
            if found != expected:
                return f"{name} {'is gone' if found is None else 'has changed'}"
    for name, expected in item["versions"].items():
        if installed.get(name) != expected:
            return f"made with {name} {expected}, now {installed.get(name, 'not installed')}"
    return ""


def _lookup(current: Any, key: str) -> Any:
    for name in key.split("."):
        if not isinstance(current, Mapping) or name not in current:
            return None
        current = current[name]
    return current


def _difference(key: str, before: Any, now: Any) -> str:
    if before == now:
        return ""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in sorted({*before, *now}):
            found = _difference(f"{key}.{name}", before.get(name), now.get(name))
            if found:
                return found
    return f"configuration {key} was {json.dumps(before)}, is {json.dumps(now)}"


def _inherited(
    item: Mapping[str, Any], own: Mapping[str, str], makers: Mapping[str, str], jobs: Mapping[str, Any]
) -> str:
    """Why a job's results are stale by what they were made from, however far up."""
    waiting, seen = list(item["inputs"]), set()
    while waiting:
        maker = makers.get(waiting.pop())
        if maker is None or maker in seen:
            continue
        seen.add(maker)
        if own[maker]:
            return f"made from results of {maker}, which are stale: {own[maker]}"
        waiting.extend(jobs[maker]["inputs"])
    return ""


def read_manifest(path: Path) -> dict[str, Any]:
    """The content of a manifest.

    Raises:
        SoapbubbleError: it cannot be read.
    """
    try:
        return _Manifest.model_validate_json(path.read_bytes()).model_dump()
    except (OSError, ValueError) as error:
        raise SoapbubbleError(f"{path}: is not a readable manifest; delete it and run snakemake again.") from error
