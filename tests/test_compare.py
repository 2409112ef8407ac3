"""Two runs are compared: what differs is named with its cause, and what does not is left out."""

import json
from pathlib import Path

import pytest

from soapbubble.errors import SoapbubbleError
from soapbubble.report.compare import as_html, as_text, compare

CLAIM = {
    "id": "mean-radius",
    "verdict": "supported",
    "estimate": 46.17,
    "interval": [46.1, 46.2],
    "n": 20,
    "rule": {"at_least": {"bound": 1.0}},
    "direction": None,
    "measured_by": ["shells/radii"],
}
MANIFEST = {
    "job": "shells/radii",
    "config": {"shells.radii": {"points": 10, "seed": 1}},
    "code": {"stats/regions.py": "a"},
    "inputs": {"faces.zip": "a", "results/a/data/faces.npy": "a"},
    "outputs": {},
    "versions": {"numpy": "1"},
}


def planted(folder: Path, claim: dict | None = None, manifest: dict | None = None, drawing: str = "<svg/>") -> Path:
    """A run with one claim, one job and one figure."""
    for room in ("manifests", "figures"):
        (folder / room).mkdir(parents=True)
    (folder / "claims.json").write_text(json.dumps({"claims": [{**CLAIM, **(claim or {})}]}))
    (folder / "manifests" / "radii.json").write_text(json.dumps({**MANIFEST, **(manifest or {})}))
    (folder / "figures" / "shells-radii.svg").write_text(drawing)
    return folder


def test_a_run_does_not_differ_from_itself(tmp_path):
    run = planted(tmp_path / "a")
    found = compare(run, run)
    assert found["same"] == {"claims": 1, "figures": 1}
    assert found["claims"] == found["figures"] == []
    assert as_text(found).count("\n") == 1


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("config", {"config": {"shells.radii": {"points": 20, "seed": 1}}}, "shells.radii.points: 10 -> 20"),
        ("code", {"code": {"stats/regions.py": "b"}}, "stats/regions.py"),
        ("data", {"inputs": {"faces.zip": "b", "results/b/data/faces.npy": "b"}}, "faces.zip"),
        ("versions", {"versions": {"numpy": "2"}}, "numpy: 1 -> 2"),
    ],
)
def test_a_verdict_that_differs_is_named_with_its_cause_alone(tmp_path, kind, change, words):
    a, b = planted(tmp_path / "a"), planted(tmp_path / "b", {"verdict": "refuted"}, change)
    found = compare(a, b)
    (claim,) = found["claims"]
    assert claim["verdict_differs"]
    assert {name: items for name, items in claim["why"].items() if items} == {kind: [words]}
    assert "supported (46.17 [46.10, 46.20]) -> refuted" in as_text(found)


@pytest.mark.parametrize(
    ("earlier", "today"),
    [
        ("holds", "supported"),
        ("holds in direction only", "supported in direction only"),
        ("inconclusive", "undecided"),
        ("does not hold", "refuted"),
        ("not testable as stated", "not testable"),
    ],
)
def test_an_older_version_s_word_for_a_verdict_is_not_another_verdict(tmp_path, earlier, today):
    old, new = planted(tmp_path / "a", {"verdict": earlier}), planted(tmp_path / "b", {"verdict": today})
    assert compare(old, new)["claims"] == []
    reversed_ = planted(tmp_path / "c", {"verdict": "refuted" if today == "supported" else "supported"})
    (claim,) = compare(old, reversed_)["claims"]
    assert claim["verdict_differs"]
    assert as_text(compare(old, reversed_)).splitlines()[1].startswith(f"  mean-radius: {today} (")


def test_a_changed_training_is_a_cause_of_what_was_measured_with_it(tmp_path):
    runs = [planted(tmp_path / name, {"estimate": estimate}) for name, estimate in (("a", 46.17), ("b", 46.18))]
    for steps, run in enumerate(runs):
        model = f"results/{run.name}/models/some.safetensors"
        training = {
            "job": "models/some",
            "config": {"training": {"steps": steps}},
            "inputs": {},
            "outputs": {model: "x"},
        }
        measuring = {"inputs": {model: "x"}}
        for name, about in {"training": training, "radii": measuring}.items():
            (run / "manifests" / f"{name}.json").write_text(json.dumps({**MANIFEST, **about}))
    (claim,) = compare(*runs)["claims"]
    assert {name: items for name, items in claim["why"].items() if items} == {"config": ["training.steps: 0 -> 1"]}


def test_beside_a_claim_stand_a_few_causes_and_how_many_more_there_are(tmp_path):
    config = {"shells.radii": {f"key{number}": number for number in range(8)}}
    found = compare(planted(tmp_path / "a"), planted(tmp_path / "b", {"estimate": 46.18}, {"config": config}))
    assert len(found["claims"][0]["why"]["config"]) == 10
    assert "key4: nothing -> 4; and 5 more" in as_text(found)


def test_a_changed_rule_is_a_cause(tmp_path):
    a, b = planted(tmp_path / "a"), planted(tmp_path / "b", {"rule": {"at_least": {"bound": 2.0}}})
    (claim,) = compare(a, b)["claims"]
    assert not claim["verdict_differs"]
    assert claim["why"]["rule"] == ["the rule was changed"]


def test_claims_and_figures_of_one_run_only_are_named(tmp_path):
    a, b = planted(tmp_path / "a"), planted(tmp_path / "b", {"id": "other"}, drawing="<svg />")
    (b / "figures" / "shells-radii.svg").rename(b / "figures" / "shells-other.svg")
    found = compare(a, b)
    assert {claim["id"] for claim in found["claims"] if claim["a"] is None or claim["b"] is None} == {
        "mean-radius",
        "other",
    }
    assert [item["how"] for item in found["figures"]] == ["only in the second", "only in the first"]


def test_what_is_no_run_is_named(tmp_path):
    run = planted(tmp_path / "a")
    with pytest.raises(SoapbubbleError, match="holds no finished run"):
        compare(run, tmp_path)
    (run / "manifests" / "radii.json").write_text("{")
    with pytest.raises(SoapbubbleError, match=r"radii\.json: is not a readable manifest"):
        compare(run, run)


def test_the_page_needs_the_project_s_templates(tmp_path):
    run = planted(tmp_path / "a")
    with pytest.raises(SoapbubbleError, match="the project's folder"):
        as_html(compare(run, run), tmp_path)
