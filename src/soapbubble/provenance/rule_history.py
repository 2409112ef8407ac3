"""When the rule of each claim was last changed, and when its first result was published, from the history of Git."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from soapbubble.provenance.manifest import git

_ENTRY = re.compile(r"^- id: (\S+)$", re.MULTILINE)
_RULE = re.compile(r"^  (?:rule|direction|controls|thresholds):.*(?:\n {3,}.*|\n\s*$)*", re.MULTILINE)


def rule_history(claims: Sequence[Path], references: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """For each claim the commit that last changed its rule, and whether that came before its first published result.

    Args:
        claims: files of claims.
        references: tables of published verdicts.

    Returns:
        `{"commit": str, "before_result": bool | None}` by the claim's id, None where no result was published;
        empty outside a repository, or in a clone without its history.
    """
    if git("rev-parse", "--is-shallow-repository") != "false":
        return {}
    fixed = _last_changes(claims, _rules)
    published = _first_appearances(references)
    return {
        name: {"commit": commit[:10], "before_result": time < published[name] if name in published else None}
        for name, (commit, time) in fixed.items()
    }


def _rules(text: str) -> dict[str, str]:
    """What decides each claim of a file of claims: its rule, direction, controls and thresholds, without blanks."""
    pieces = _ENTRY.split(text)[1:]
    return {
        name: "".join("".join(found.split()) for found in _RULE.findall(body))
        for name, body in zip(pieces[::2], pieces[1::2], strict=True)
    }


def _last_changes(files: Iterable[Path], read: Callable[[str], Mapping[str, str]]) -> dict[str, tuple[str, int]]:
    """For each entry the commit, and its time, in which what `read` finds of it last became what it is now."""
    found: dict[str, tuple[str, int]] = {}
    for file in files:
        before: Mapping[str, str] = {}
        for commit, time, text in _versions(file):
            now = read(text)
            found.update({name: (commit, time) for name, rule in now.items() if before.get(name) != rule})
            before = now
    return found


def _first_appearances(tables: Iterable[Path]) -> dict[str, int]:
    """For each claim the time at which a table of verdicts first had it."""
    found: dict[str, int] = {}
    for table in tables:
        for _, time, text in _versions(table):
            for line in text.splitlines()[1:]:
                name = line.partition(",")[0]
                found[name] = min(time, found.get(name, time))
    return found


def _versions(file: Path) -> Iterable[tuple[str, int, str]]:
    """The commits that changed a file, oldest first, each with its time and what the file was."""
    log = git("log", "--reverse", "--format=%H %ct", "--", str(file)) or ""
    for line in log.splitlines():
        commit, time = line.split()
        text = git("show", f"{commit}:./{file}")
        if text is not None:
            yield commit, int(time), text
