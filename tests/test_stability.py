"""Other seeds: which settings change, and what is said of the verdicts."""

import json

import numpy as np
import pytest
import yaml

from soapbubble.commands import stability as command
from soapbubble.measurements import Measurement, read_csv, to_csv
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
    lines, changed, reversals = command.changes([first, other])
    assert lines[:-1] == ["b: supported, then undecided", "c: refuted, then supported"]
    assert lines[-1].startswith("2 of 4 verdicts change over 2 runs (50%), 1 of them between supported and refuted")
    assert (changed, reversals) == (2, 1)


def rows(rng, shared=0.0):
    """1,200 quantities of five replicates; what is `shared` by the replicates of a run differs between runs."""
    for number in range(1200):
        for replicate, value in enumerate(shared * rng.standard_normal() + rng.standard_normal(5)):
            yield Measurement("some", {"number": number}, replicate, value)


def test_one_mean_in_twenty_differs_unless_replicates_share_what_changes_between_runs():
    rng = np.random.default_rng(3)
    differing, compared = command.outside(rows(rng), rows(rng))
    assert compared == 1200
    assert differing / compared == pytest.approx(0.05, abs=0.015)
    assert command.outside(rows(rng, shared=1), rows(rng, shared=1))[0] / compared > 0.2


def test_trials_of_one_network_are_not_compared_with_those_of_another():
    first, other = ([Measurement("some", {"seed": 0}, trial, base + trial) for trial in range(5)] for base in (0, 99))
    assert command.outside(first, other) == (0, 0)


def test_verdicts_with_other_seeds_are_published_beside_the_first(project, tmp_path, monkeypatch, capsys):
    config = load([project / "config.yaml"]).model_copy(update={"studies": ["shells"]})
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
        table = place.with_name("measurements") / "shells.csv"
        table.parent.mkdir()
        table.write_text(to_csv(Measurement("radius", {}, number, float(number)) for number in range(5)))

    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/reference").mkdir(parents=True)
    monkeypatch.setattr(command, "_make", make)
    write("builtin", "supported")
    assert command.stability(config, [], 1, "1") == 1
    said = capsys.readouterr().out
    assert "shells: 0 of 1 means over replicates (0.0%) differ" in said
    assert "a: supported, then refuted" in said
    told = {row.quantity: row.value for row in read_csv(tmp_path / "results/reference/builtin/stability.csv")}
    assert told["verdicts_compared"] == told["verdicts_changed"] == told["verdicts_reversed"] == 1
    assert "a,refuted" in (tmp_path / "results/reference/builtin-seeds-1.csv").read_text()
