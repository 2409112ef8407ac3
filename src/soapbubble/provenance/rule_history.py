"""When the rule of each claim was last changed, and what its first published result was, from the history of Git."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from soapbubble.provenance.manifest import git

_ENTRY = re.compile(r"^- id: (\S+)$", re.MULTILINE)
_RULE = re.compile(r"^  (?:rule|direction|controls|thresholds):.*(?:\n {3,}.*|\n\s*$)*", re.MULTILINE)
_KIND = re.compile(r"^  kind:.*", re.MULTILINE)


class _Version(NamedTuple):
    """A file as a commit left it; `time` in seconds since 1970, `date` such as "29 November 2026"."""

    commit: str
    time: int
    date: str
    text: str


def rule_history(
    claims: Sequence[Path], references: Sequence[Path], own: Path | None = None
) -> dict[str, dict[str, Any]]:
    """For each claim the commit that last changed its rule, and its first published verdict.

    Args:
        claims: files of claims.
        references: tables of published verdicts.
        own: the one of these tables that is of the run in question; other runs' verdicts rest on other data.

    Returns:
        `{"commit": str, "before_result": bool | None, "first": {...} | None}` by the claim's id. `before_result` says
        whether the rule was last changed before any run's first published result, None where none was published or
        one commit brought both, as in a copy without the history of what it was copied from.
        `first` is `{"verdict": str | None, "commit": str, "date": str, "same_rule": bool}`, of the first verdict in
        `own`, in the words of that time; the verdict is None where the claim was of another kind then, since a verdict
        on a statement is none on its correction. Empty outside a repository, or in a clone without its history.
    """
    if git("rev-parse", "--is-shallow-repository") != "false":
        return {}
    files = [list(_versions(file)) for file in claims]
    rules, kinds = (_last_changes(files, _pieces(pattern)) for pattern in (_RULE, _KIND))
    tables = {table: list(_versions(table)) for table in references}
    published = _first_verdicts(sorted((item for items in tables.values() for item in items), key=lambda v: v.time))
    own_first = _first_verdicts(tables.get(own, ())) if own else {}

    def first(name: str) -> dict[str, Any] | None:
        if name not in own_first:
            return None
        table, verdict = own_first[name]
        return {
            "verdict": verdict if name in kinds and kinds[name].time <= table.time else None,
            "commit": table.commit[:10],
            "date": table.date,
            "same_rule": rules[name].time <= table.time,
        }

    return {
        name: {
            "commit": fixed.commit[:10],
            "before_result": _before(fixed, published[name][0]) if name in published else None,
            "first": first(name),
        }
        for name, fixed in rules.items()
    }


def _before(rule: _Version, result: _Version) -> bool | None:
    return None if rule.time == result.time else rule.time < result.time


def _pieces(pattern: re.Pattern[str]) -> Callable[[str], dict[str, str]]:
    """A reader that finds for each claim of a file of claims what matches the pattern, without blanks."""

    def read(text: str) -> dict[str, str]:
        parts = _ENTRY.split(text)[1:]
        return {
            name: "".join("".join(found.split()) for found in pattern.findall(body))
            for name, body in zip(parts[::2], parts[1::2], strict=True)
        }

    return read


def _last_changes(files: Iterable[Iterable[_Version]], read: Callable[[str], Mapping[str, str]]) -> dict[str, _Version]:
    """For each entry the version in which what `read` finds of it last became what it is now."""
    found: dict[str, _Version] = {}
    for versions in files:
        before: Mapping[str, str] = {}
        for version in versions:
            now = read(version.text)
            found.update({name: version for name, piece in now.items() if before.get(name) != piece})
            before = now
    return found


def _first_verdicts(tables: Iterable[_Version]) -> dict[str, tuple[_Version, str]]:
    """For each claim the first of these tables, given oldest first, that has a verdict on it, and that verdict."""
    found: dict[str, tuple[_Version, str]] = {}
    for table in tables:
        for row in csv.DictReader(table.text.splitlines()):
            name, verdict = row.get("id"), row.get("verdict")
            if name and verdict and verdict != "not run":
                found.setdefault(name, (table, verdict))
    return found


def _versions(file: Path) -> Iterable[_Version]:
    """What each commit that changed a file made of it, oldest first."""
    log = git("log", "--reverse", "--format=%H %ct %cd", "--date=format:%-d %B %Y", "--", str(file)) or ""
    for line in log.splitlines():
        commit, time, date = line.split(" ", 2)
        text = git("show", f"{commit}:./{file}")
        if text is not None:
            yield _Version(commit, int(time), date, text)
