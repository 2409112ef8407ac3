"""Whether a rule was last changed before the first published result of its claim, from commits planted for the test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from soapbubble.provenance.rule_history import rule_history

CLAIM = """- id: {name}
  statement: {statement}
  thresholds: {{most: {most}}}
  rule:
    at_most: {{value: {{quantity: q}}, bound: most}}
  refuted_by: more
"""


@pytest.fixture
def commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    time = iter(range(1_000_000_000, 1_000_001_000, 10))

    def save(**files: str) -> None:
        for name, text in files.items():
            Path(name).write_text(text)
        dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{next(time)} +0000")
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", "m"], check=True, env={**os.environ, **dates})

    return save


def claims(**lines: float) -> str:
    return "".join(CLAIM.format(name=name, statement="It is small.", most=most) for name, most in lines.items())


def test_a_rule_changed_after_its_result_is_told_from_one_that_was_not(commit) -> None:
    commit(claims=claims(early=1, late=1))
    commit(table="id,verdict\nearly,supported\nlate,refuted\n")
    commit(claims=claims(early=1, late=2, fresh=3).replace("It is small.", "It is little."))
    found = rule_history([Path("claims")], [Path("table")])
    assert {name: item["before_result"] for name, item in found.items()} == {
        "early": True,
        "late": False,
        "fresh": None,
    }


def test_without_a_history_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims").write_text(claims(early=1))
    assert rule_history([Path("claims")], []) == {}
