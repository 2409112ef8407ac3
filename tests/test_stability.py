"""Other seeds: which settings change, and what is said of the verdicts."""

import json

import yaml

from soapbubble.commands import stability as command
from soapbubble.parts.loading import load


def seeds(settings):
    for key, item in settings.items():
        if isinstance(item, dict):
            yield from seeds(item)
        elif key == "seed":
            yield item


def test_every_seed_of_the_run_is_shifted_and_nothing_else(project):
    settings = load([project / "config.yaml"]).model_dump(mode="json")
    overlay = command.other_seeds(settings, 2)
    assert list(seeds(overlay)) == [seed + 2 * command.SHIFT for seed in seeds(settings)]
    assert set(overlay) <= set(settings)
    assert overlay["data"]["digits"] == {"seed": settings["data"]["digits"]["seed"] + 2 * command.SHIFT}


def test_a_reversal_is_told_from_a_verdict_that_becomes_undecided():
    first = {"a": "supported", "b": "supported", "c": "refuted", "d": "undecided"}
    other = {"a": "supported", "b": "undecided", "c": "supported", "d": "undecided"}
    lines, reversals = command.changes([first, other])
    assert lines[:-1] == ["b: supported, then undecided", "c: refuted, then supported"]
    assert lines[-1].startswith("2 of 4 verdicts change over 2 runs (50%), 1 of them between supported and refuted")
    assert reversals == 1


def test_verdicts_with_other_seeds_are_published_beside_the_first(project, tmp_path, monkeypatch, capsys):
    config = load([project / "config.yaml"])
    claim = {
        "id": "a",
        "kind": "number",
        "ours": False,
        "rule": {},
        "direction": None,
        "controls": {},
        "estimate": None,
        "interval": None,
        "n": None,
        "tier": "exact",
    }

    def make(run, files, cores):
        assert yaml.safe_load(files[-1].read_text())["run"] == run
        write(run, "refuted")

    def write(run, verdict):
        place = tmp_path / "results" / run / "claims.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps({"claims": [claim | {"verdict": verdict}]}))

    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/reference").mkdir(parents=True)
    monkeypatch.setattr(command, "_make", make)
    write("builtin", "supported")
    assert command.stability(config, [], 1, "1") == 1
    assert "a: supported, then refuted" in capsys.readouterr().out
    assert "a,refuted" in (tmp_path / "results/reference/builtin-seeds-1.csv").read_text()
