"""Published rows give the published verdicts again; an altered row, verdict or rule is named."""

import csv
import json
import lzma
from dataclasses import replace
from pathlib import Path

import pytest

from soapbubble.cli import main
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement, read_csv, to_csv
from soapbubble.parts.loading import load
from soapbubble.parts.studies import study
from soapbubble.plan import Plan
from soapbubble.report.published import disagreements, judged_again, publish
from soapbubble.report.reference import to_csv as verdicts_csv

CLAIM = """\
- id: long-vectors
  source: post
  section: Results
  kind: number
  statement: Vectors are long.
  tier: exact
  data: [faces]
  rule: {at_least: {value: {quantity: length, where: {N: 3}, over: {quantity: unit}}, bound: BOUND}}
  refuted_by: short ones
"""


@pytest.fixture
def place(tmp_path):
    run = tmp_path / "run"
    for folder in ("measurements", "data"):
        (run / folder).mkdir(parents=True)
    rows = [Measurement("length", {"N": N}, k, N + 0.1 * k) for N in (3, 256) for k in range(3)]
    rows += [Measurement("unit", {}, "exact", 0.5), Measurement("unread", {}, 0, 1.0)]
    (run / "measurements/shells.csv").write_text(to_csv(rows))
    (run / "data/faces.json").write_text(json.dumps({"name": "faces", "tier": "source-like", "problems": []}))
    (tmp_path / "sources.yaml").write_text("post: {title: A post}")
    (tmp_path / "claims.yaml").write_text(CLAIM.replace("BOUND", "5"))
    return replace(study("shells"), claims=tmp_path / "claims.yaml", sources=tmp_path / "sources.yaml")


def published(place):
    folder = place.claims.parent / "reference"
    publish(place.claims.parent / "run", folder, [place], [])
    again = judged_again(folder, [place])
    folder.with_suffix(".csv").write_text(verdicts_csv({"claims": list(again.values()), "software": {}}))
    return folder


def test_only_the_rows_that_claims_read_are_published_and_they_give_the_verdicts(place):
    folder = published(place)
    rows = list(csv.DictReader(lzma.decompress((folder / "shells.csv.xz").read_bytes()).decode().splitlines()))
    assert [row["quantity"] for row in rows] == ["length"] * 3 + ["unit"]
    again = judged_again(folder, [place])
    assert (again["long-vectors"]["verdict"], again["long-vectors"]["tier"]) == ("supported", "source-like")
    assert disagreements(folder.with_suffix(".csv"), again) == []


def test_another_rule_and_another_number_are_named(place):
    folder = published(place)
    place.claims.write_text(CLAIM.replace("BOUND", "100"))
    (sentence,) = disagreements(folder.with_suffix(".csv"), judged_again(folder, [place]))
    assert sentence == "long-vectors: 'supported' was published, the rows say 'refuted'"
    place.claims.write_text(CLAIM.replace("BOUND", "5"))
    rows = lzma.decompress((folder / "shells.csv.xz").read_bytes()).replace(b"3.1", b"3.2")
    (folder / "shells.csv.xz").write_bytes(lzma.compress(rows))
    assert any("estimate" in item for item in disagreements(folder.with_suffix(".csv"), judged_again(folder, [place])))


def test_damaged_or_missing_rows_are_named(place):
    folder = published(place)
    (folder / "shells.csv.xz").write_bytes(b"no archive")
    with pytest.raises(SoapbubbleError, match=r"shells\.csv\.xz: cannot be unpacked"):
        judged_again(folder, [place])


def test_a_run_without_published_rows_is_told_from_one_never_published_and_others_are_named(place):
    folder = published(place)
    folder.with_name("mine.2.csv").write_text("id,verdict\n")
    with pytest.raises(SoapbubbleError, match=r"mine\.2\.csv: of this run only the verdicts .* verified: reference\.$"):
        judged_again(folder.with_name("mine.2"), [place])
    with pytest.raises(SoapbubbleError, match=r"mine\.3: nothing is published of this run; .* verified: reference\.$"):
        judged_again(folder.with_name("mine.3"), [place])
    with pytest.raises(SoapbubbleError, match=r"verified: none\.$"):
        judged_again(folder / "nowhere", [place])


def test_the_command_takes_the_name_of_a_run(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    assert main(["verify", "builtin", "--config", "run=mine"]) == 0
    assert "made again from results/reference/builtin, 0 disagreements" in capsys.readouterr().out
    for only_verdicts in ("mnist", "faces-local", "paper-depth"):
        assert main(["verify", only_verdicts]) == 1
        words = f"results/reference/{only_verdicts}.csv: of this run only the verdicts are published"
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("file", sorted((Path(__file__).parents[1] / "results/reference").glob("*/run.json")), ids=str)
def test_the_published_rows_give_the_published_verdicts(project, file):
    again = judged_again(file.parent, Plan(load([project / "config.yaml"])).studies)
    assert again
    assert disagreements(file.parent.with_suffix(".csv"), again) == []


# The largest share of a study's means over replicates that may differ by more than their interval from those of a run
# with other seeds: one in twenty does by chance.
DIFFERING = 0.07


def test_the_means_of_another_run_differ_no_more_than_their_intervals_say(project):
    shares: dict[str, dict[str, float]] = {}
    for row in read_csv(project / "results/reference/builtin/stability.csv"):
        if row.quantity.startswith("means"):
            study = shares.setdefault(str(row.condition["study"]), {})
            study[row.quantity] = study.get(row.quantity, 0.0) + row.value
    differing = {study: row["means_differing"] / row["means_compared"] for study, row in shares.items()}
    assert len(differing) == len(load([project / "config.yaml"]).studies)
    assert max(differing.values()) <= DIFFERING, differing
