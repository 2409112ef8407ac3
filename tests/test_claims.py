"""Claims files are refused with a sentence, and judged claims carry all that a reader needs."""

import csv
import io
import json
import math
import re
import subprocess
import sys

import pytest
import yaml

from soapbubble.claims.evidence import Table
from soapbubble.claims.judge import judge, judge_study
from soapbubble.claims.rules import parse_rule
from soapbubble.claims.schema import Claim, Source, read_claims, read_sources
from soapbubble.claims.table import merge
from soapbubble.claims.table import to_csv as to_table
from soapbubble.claims.thresholds import thresholds
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement, to_csv

ENTRY = {
    "id": "mean-radius",
    "source": "post",
    "section": "Mean radius",
    "kind": "number",
    "statement": "The mean is 46.19.",
    "tier": "exact",
    "rule": {"within": {"value": {"quantity": "radius_mean"}, "target": 46.19, "rel": 0.01}},
    "refuted_by": "an interval outside",
}
TABLE = Table([Measurement("radius_mean", {}, "exact", 46.17)])


def write(tmp_path, entries):
    path = tmp_path / "study.yaml"
    path.write_text(json.dumps(entries) if not isinstance(entries, str) else entries)
    return path


def changed(**changes):
    return {**ENTRY, **changes}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([ENTRY, ENTRY], ["mean-radius", "used twice"]),
        ([changed(rule={"nearly": {}})], ["mean-radius", "unknown rule 'nearly'", "within"]),
        ([changed(colour="red")], ["mean-radius", "colour", "unknown key"]),
        ([changed(source="nowhere")], ["mean-radius", "nowhere", "sources.yaml"]),
        ([{k: v for k, v in ENTRY.items() if k != "rule"}], ["mean-radius", "rule", "missing"]),
        ([changed(kind="rumour")], ["mean-radius", "kind"]),
        ([changed(kind="erratum")], ["mean-radius", "correction"]),
        ([changed(kind="open-question")], ["mean-radius", "hypothesis"]),
        ([changed(kind="figure")], ["mean-radius", "figure"]),
        (["just text"], ["claim number 1"]),
        ("id: [", ["YAML"]),
        ("- {id: a, id: b}", ["written twice"]),
        ("a: mapping", ["must be a list"]),
    ],
)
def test_a_bad_claims_file_is_refused_in_one_sentence(tmp_path, entries, words):
    path = write(tmp_path, entries)
    with pytest.raises(SoapbubbleError) as caught:
        read_claims(path, {"post": None})
    sentence = str(caught.value)
    assert all(word in sentence for word in [str(path), *words]), sentence
    assert "\n" not in sentence


def test_a_missing_measurement_names_the_claim_and_the_measurement():
    with pytest.raises(SoapbubbleError, match="claim mean-radius: no measurement of radius_mean"):
        judge(Claim.model_validate(ENTRY), Table([]), (), {})


def test_what_the_run_does_not_have_is_not_run():
    claim = Claim.model_validate(changed(needs=["celeba"]))
    assert judge(claim, Table([]), (), {})["verdict"] == "not run"
    on_data = Claim.model_validate(changed(needs=["celeba"], data=["celeba"]))
    assert judge(on_data, Table([]), (), {})["verdict"] == "not run"
    assert judge(claim, TABLE, ("celeba",), {})["verdict"] == "supported"


def test_the_rule_before_results_is_judged_beside_today_s_and_stands_in_the_table():
    stricter = {"rule": {"within": {"value": {"quantity": "radius_mean"}, "target": 46.19, "abs": 0.001}}}
    claim = Claim.model_validate(changed(first=stricter, needs=["celeba"]))
    found = judge(claim, TABLE, ("celeba",), {})
    assert (found["verdict"], found["first"]["verdict"]) == ("supported", "refuted")
    assert judge(claim, Table([]), (), {})["first"] is None
    row = next(csv.DictReader(io.StringIO(to_table([{**found, "study": "shells"}]))))
    assert (row["verdict"], row["first_verdict"]) == ("supported", "refuted")


def test_equal_replicates_have_no_interval_to_show():
    rows = [Measurement("radius_mean", {}, replicate, 46.17) for replicate in range(5)]
    found = judge(Claim.model_validate(ENTRY), Table(rows), (), {})
    assert (found["verdict"], found["interval"], found["n"]) == ("supported", [None, None], 5)
    assert "in all 5 replicates" in found["sentence"]


def test_images_that_say_nothing_decide_nothing():
    claim = Claim.model_validate(changed(data=["faces"]))
    found = judge(claim, TABLE, (), {"faces": "built-in"}, {"faces": ["only 3 of 3 images differ"]})
    assert found["verdict"] == "not run"
    assert found["sentence"] == "The images decide nothing: faces: only 3 of 3 images differ."
    assert judge(claim, TABLE, (), {"faces": "built-in"}, {"digits": ["black"]})["verdict"] == "supported"


@pytest.mark.parametrize(
    ("dataset", "tier"), [("built-in", "built-in"), ("source-like", "source-like"), ("source", "source")]
)
def test_a_verdict_never_rests_on_more_than_its_data(dataset, tier):
    claim = Claim.model_validate(changed(data=["faces"]))
    assert judge(claim, TABLE, (), {"faces": dataset})["tier"] == tier


def test_a_wrong_size_with_the_right_sign_holds_in_direction_only():
    claim = Claim.model_validate(
        changed(
            rule={"at_least": {"value": {"quantity": "radius_mean"}, "bound": 100.0}},
            direction={"at_least": {"value": {"quantity": "radius_mean"}, "bound": 0.0}},
        )
    )
    found = judge(claim, TABLE, (), {})
    assert found["verdict"] == "supported in direction only"
    assert len(found["parts"]) == 2


def noisy(quantity, centre, spread):
    return [Measurement(quantity, {}, k, centre + spread * (k - 1)) for k in range(3)]


@pytest.mark.parametrize(
    ("spread", "weaker", "expected"),
    [
        (30.0, "sign", "supported in direction only"),  # the full rule is undecided
        (0.1, "sign", "supported in direction only"),  # it fails
        (0.1, "unsure", "undecided"),  # it fails, but the weaker rule is undecided
        (0.1, "wrong", "refuted"),
    ],
)
def test_the_weaker_rule_is_asked_whenever_the_full_one_does_not_hold(spread, weaker, expected):
    lines = {"sign": 0.0, "unsure": 1.0, "wrong": 3.0}
    claim = changed(
        rule={"at_least": {"value": {"quantity": "radius_mean"}, "bound": 70.0}},
        direction={"at_least": {"value": {"quantity": "slope"}, "bound": lines[weaker]}},
    )
    table = Table([*noisy("radius_mean", 46.0, spread), *noisy("slope", 1.0, 0.1)])
    assert judge(Claim.model_validate(claim), table, (), {})["verdict"] == expected


ABOVE = {"at_least": {"value": {"quantity": "radius_mean"}, "bound": 10.0}}


@pytest.mark.parametrize(
    ("effect", "control", "value", "expected"),
    [
        (46.0, "positive", 0.0, "supported"),
        (1.0, "positive", 46.0, "refuted"),
        (1.0, "positive", 1.0, "undecided"),
        (46.0, "negative", 46.0, "supported"),
        (46.0, "negative", 1.0, "undecided"),
        (1.0, "negative", 1.0, "refuted"),
        (1.0, "replica", 1.0, "not reproduced"),
        (1.0, "replica", 46.0, "refuted"),
        (46.0, "replica", 1.0, "supported"),
    ],
)
def test_a_control_that_does_not_hold_takes_back_what_it_should_have_borne_out(effect, control, value, expected):
    control_rule = {"at_least": {"value": {"quantity": "control"}, "bound": 10.0}}
    claim = Claim.model_validate(changed(rule=ABOVE, controls={control: control_rule}))
    table = Table([Measurement("radius_mean", {}, "exact", effect), Measurement("control", {}, "exact", value)])
    found = judge(claim, table, (), {})
    assert found["verdict"] == expected
    assert [item["quantity"] for item in found["evidence"]] == ["radius_mean", "control"]
    assert found["controls"][control]["found"]["estimate"] == value
    assert (found["controls"][control]["found"]["sentence"] in found["sentence"]) is (
        expected in ("undecided", "not reproduced")
    )


def test_a_direction_that_a_control_does_not_bear_out_is_named_after_the_full_rule():
    claim = changed(
        rule={"all_of": [ABOVE, {"at_least": {"value": {"quantity": "radius_mean"}, "bound": 90.0}}]},
        direction=ABOVE,
        controls={"negative": {"at_most": {"value": {"quantity": "control"}, "bound": 10.0}}},
    )
    table = Table([Measurement("radius_mean", {}, "exact", 46.0), Measurement("control", {}, "exact", 46.0)])
    found = judge(Claim.model_validate(claim), table, (), {})
    assert (found["verdict"], found["decided_by"], len(found["parts"])) == ("undecided", "all_of", 2)


def test_the_measurements_behind_the_direction_are_shown_and_must_exist():
    claim = Claim.model_validate(changed(direction={"at_least": {"value": {"quantity": "slope"}, "bound": 0.0}}))
    slope = Measurement("slope", {}, "exact", 1.0)
    found = judge(claim, Table([Measurement("radius_mean", {}, "exact", 46.17), slope]), (), {})
    assert [item["quantity"] for item in found["evidence"]] == ["radius_mean", "slope"]
    with pytest.raises(SoapbubbleError, match="claim mean-radius: no measurement of slope"):
        judge(claim, TABLE, (), {})


def test_every_part_that_measured_a_quantity_is_named(tmp_path):
    wide = changed(rule={"at_least": {"value": {"quantity": "q"}, "bound": 0, "each": "N"}})
    narrow = changed(id="narrow", rule={"at_least": {"value": {"quantity": "q", "where": {"N": 1}}, "bound": 0}})
    claims = write(tmp_path, [wide, narrow])
    sources = tmp_path / "sources.yaml"
    sources.write_text("post: {title: A post}")
    tables = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for number, path in enumerate(tables, start=1):
        path.write_text(to_csv([Measurement("q", {"N": number}, "exact", 1.0)]))
    found = judge_study("study", [claims, sources, *tables], (), "run")["claims"]
    assert [claim["measured_by"] for claim in found] == [["study/one", "study/two"], ["study/one"]]


def test_a_verdict_is_plain_json_even_of_numbers_that_are_none():
    table = Table([Measurement("radius_mean", {}, "exact", math.nan)])
    found = judge(Claim.model_validate(ENTRY), table, (), {})
    assert found["verdict"] == "undecided"
    assert json.loads(json.dumps(found, allow_nan=False))["estimate"] is None


def test_the_sentence_states_the_estimate_and_the_number_of_replicates():
    rows = [Measurement("radius_mean", {}, k, 46.1 + 0.1 * k) for k in range(3)]
    found = judge(Claim.model_validate(ENTRY), Table(rows), (), {})
    assert "46.2" in found["sentence"]
    assert "3 replicates" in found["sentence"]
    assert found["n"] == 3


def test_two_studies_cannot_share_an_id(tmp_path):
    for study in ("one", "two"):
        content = {"claims": [{"id": "same", "study": study}], "sources": {}}
        (tmp_path / f"{study}.json").write_text(json.dumps(content))
    with pytest.raises(SoapbubbleError, match=r"two\.yaml.*'same'.*one\.yaml"):
        merge([tmp_path / "one.json", tmp_path / "two.json"])


def test_the_project_s_own_claims_are_well_formed(project):
    sources = read_sources(project / "claims" / "sources.yaml")
    files = sorted(path for path in (project / "claims").glob("*.yaml") if path.stem != "sources")
    ids = [claim.id for path in files for claim in read_claims(path, sources)]
    assert ids
    assert len(ids) == len(set(ids))


LINE = {"at_least": {"value": {"quantity": "radius_mean"}, "bound": "long"}}
POST = {"post": Source(title="A post")}


def test_a_threshold_is_written_once_and_read_by_name(tmp_path):
    low = {"between": {"value": {"quantity": "radius_mean"}, "low": "short", "high": "long-vectors.long"}}
    ranged = {"at_most": {"value": {"quantity": "q", "where": {"target": "short", "N": {"from": "short"}}}, "bound": 1}}
    entries = [
        changed(id="long-vectors", rule={"all_of": [LINE]}, thresholds={"long": 46}),
        changed(id="other", rule=low, direction=ranged, thresholds={"short": 3.5}),
    ]
    path = write(tmp_path, entries)
    first, second = read_claims(path, POST)
    assert judge(first, TABLE, (), {})["verdict"] == "supported"
    assert "at least 46" in judge(first, TABLE, (), {})["sentence"]
    assert judge(first, TABLE, (), {})["thresholds"] == {"long": 46}
    assert (second.rule.low, second.rule.high) == (3.5, 46)
    assert second.direction.value.written()["where"] == {"target": "short", "N": {"from": 3.5}}
    assert thresholds(path) == {"long-vectors": {"long": 46}, "other": {"short": 3.5}}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"rule": LINE}, "there is no threshold 'long'; the claim has no `thresholds`"),
        ({"rule": LINE, "thresholds": {"short": 1}}, "there is no threshold 'long'; known are short"),
        ({"thresholds": {"long": 1}}, "no rule judges by the threshold 'long'"),
        ({"rule": LINE, "thresholds": {"long": "46"}}, "threshold 'long' must be a finite number"),
        ({"rule": LINE, "thresholds": {"long": math.nan}}, "threshold 'long' must be a finite number"),
        ({"rule": LINE, "thresholds": {"long": True}}, "threshold 'long' must be a finite number"),
        ({"rule": LINE, "thresholds": {"A b": 1}}, "no name for a threshold: 'A b'"),
        ({"rule": LINE, "thresholds": [46]}, "thresholds must map names to numbers"),
    ],
)
def test_a_threshold_in_vain_is_refused(tmp_path, entry, words):
    path = tmp_path / "study.yaml"
    path.write_text(json.dumps([changed(**entry)]).replace("NaN", ".nan"))
    with pytest.raises(SoapbubbleError, match=f"claim mean-radius: {words}"):
        read_claims(path, POST)


def test_thresholds_are_read_without_the_machinery_of_claims(project):
    code = "import sys, soapbubble.claims.thresholds; print(not {'numpy', 'pydantic', 'torch'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=project / "src", capture_output=True, text=True, check=True)
    assert found.stdout == "True\n"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"where": {"N": {"from": 3, "to": 2}}}, "rule.*smaller number to the larger"),
        ({"where": {"N": {"form": 2}}}, r"rule.*where\.N: ask for a value, for a range"),
        ({"aggregate": {"biggest": "N"}}, "biggest: unknown key"),
        ({"aggregate": {"count": "N"}}, "`at_least` and `at_most`"),
    ],
)
def test_a_selection_that_makes_no_sense_is_named(tmp_path, value, words):
    rule = {"at_least": {"value": {"quantity": "q", **value}, "bound": 1}}
    with pytest.raises(SoapbubbleError, match=words):
        read_claims(write(tmp_path, [changed(rule=rule)]), POST)


def test_the_evidence_shows_what_the_rule_judged_and_every_part_behind_it(tmp_path):
    value = {"quantity": "a", "over": {"quantity": "b"}, "aggregate": {"max": "N"}}
    claims = write(tmp_path, [changed(rule={"at_least": {"value": value, "bound": 1}})])
    (tmp_path / "sources.yaml").write_text("post: {title: A post}")
    tables = [tmp_path / "one.csv", tmp_path / "two.csv"]
    tables[0].write_text(to_csv([Measurement("a", {"N": N}, k, 2.0 + N + k) for N in (1, 2) for k in (0, 1)]))
    tables[1].write_text(to_csv([Measurement("b", {}, "exact", 2.0)]))
    (found,) = judge_study("study", [claims, tmp_path / "sources.yaml", *tables], (), "run")["claims"]
    assert found["measured_by"] == ["study/one", "study/two"]
    (evidence,) = found["evidence"]
    assert evidence["quantity"] == "largest a relative to b over N"
    assert evidence["samples"][0]["estimate"] == 2.25
    json.dumps(found, allow_nan=False)


def test_the_examples_of_the_manual_are_well_formed(project, tmp_path):
    examples = re.findall(r"```yaml\n(.*?)```", (project / "docs" / "claims.md").read_text(), re.DOTALL)
    sources = read_sources(project / "claims" / "sources.yaml")
    for example in examples:
        if example.startswith("- id"):
            read_claims(write(tmp_path, example), sources)
        else:
            parse_rule(yaml.safe_load(example))
    assert examples
