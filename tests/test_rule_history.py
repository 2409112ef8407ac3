"""When a rule was last changed and what was published first, from commits planted for the test."""

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


def test_the_first_verdict_of_the_run_stays_with_its_claim_whatever_changes_later(commit) -> None:
    own, other = Path("table"), Path("other")
    commit(claims=claims(changed=1, kept=1))
    commit(other="id,verdict\nchanged,holds\nkept,holds\n")
    commit(table="id,verdict,n\nchanged,does not hold,2\nkept,inconclusive,2\n")
    commit(claims=claims(changed=2, kept=1), table="id,verdict,rule\nchanged,supported,f00\nkept,refuted,f00\n")
    first = {name: item["first"] for name, item in rule_history([Path("claims")], [own, other], own).items()}
    told = {name: (item["verdict"], item["same_rule"]) for name, item in first.items()}
    assert told == {"changed": ("does not hold", False), "kept": ("inconclusive", True)}
    assert {item["date"] for item in first.values()} == {"9 September 2001"}


def test_another_name_for_what_stands_beside_a_rule_changes_no_rule(commit) -> None:
    before = claims(a=1).replace("  refuted_by", "  deviation: Fewer points.\n  refuted_by")
    commit(claims=before)
    commit(table="id,verdict\na,refuted\n")
    commit(claims=before.replace("deviation", "departure"))
    found = rule_history([Path("claims")], [Path("table")], Path("table"))["a"]
    assert found["before_result"] is True
    assert found["first"]["same_rule"] is True


def test_a_run_without_published_verdicts_has_no_first_one(commit) -> None:
    commit(claims=claims(early=1))
    commit(table="id,verdict\nearly,supported\n", own="id,verdict\nearly,not run\n")
    files = [Path("claims")], [Path("table"), Path("own")]
    for own in (None, Path("own"), Path("absent")):
        assert rule_history(*files, own)["early"]["first"] is None


def test_a_verdict_on_a_statement_is_not_taken_for_one_on_its_correction(commit) -> None:
    statement = claims(a=1).replace("  statement", "  kind: number\n  statement")
    commit(claims=statement)
    commit(table="id,verdict\na,refuted\n")
    commit(claims=statement.replace("number", "erratum"))
    assert rule_history([Path("claims")], [Path("table")], Path("table"))["a"]["first"]["verdict"] is None


def test_a_copy_that_came_in_one_commit_says_of_no_rule_that_it_was_changed(commit) -> None:
    commit(claims=claims(a=1), table="id,verdict\na,refuted\n")
    (found,) = rule_history([Path("claims")], [Path("table")], Path("table")).values()
    assert found["before_result"] is None
    assert found["first"]["same_rule"]


def test_without_a_history_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims").write_text(claims(early=1))
    assert rule_history([Path("claims")], []) == {}
