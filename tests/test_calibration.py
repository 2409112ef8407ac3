"""The rules err as seldom as they say when the truth lies on their line, and the published table says so."""

import numpy as np
import pytest

from soapbubble.claims.calibration import calibrate, cases
from soapbubble.claims.decision import Verdict
from soapbubble.claims.evidence import Table
from soapbubble.claims.rules import parse_rule
from soapbubble.measurements import Measurement, read_csv

NOMINAL, SIMULATIONS = 0.025, 200
LARGEST = NOMINAL + 3 * np.sqrt(NOMINAL * (1 - NOMINAL) / SIMULATIONS)


def test_five_replicates_err_as_seldom_as_they_should(monkeypatch):
    monkeypatch.setattr("soapbubble.claims.calibration.REPLICATES", (5,))
    rows = calibrate(SIMULATIONS, seed=2)
    assert {row.quantity for row in rows} == {"false_holds", "false_fails"}
    assert [row for row in rows if row.value > LARGEST] == []


@pytest.mark.parametrize(("scale", "errs"), [({}, True), ({"scale": "log"}, False)])
def test_lognormal_values_err_far_more_often_off_their_scale(scale, errs):
    rng, truth = np.random.default_rng(3), 1.0 if scale else np.exp(0.5)
    rule = parse_rule({"at_least": {"value": {"quantity": "q"}, "bound": float(truth), **scale}})
    drawn = np.exp(rng.normal(size=(SIMULATIONS, 5)))
    tables = [Table(Measurement("q", {}, k, value) for k, value in enumerate(row.tolist())) for row in drawn]
    failed = np.mean([rule.decide(table).verdict is Verdict.REFUTED for table in tables])
    assert bool(failed > 2 * LARGEST) is errs


def test_the_published_table_has_every_case_and_no_rate_above_one_in_twenty(project):
    rows = read_csv(project / "report_templates/calibration.csv")
    asked = {(case.words, case.population, case.n) for case in cases()}
    assert {(row.condition["rule"], row.condition["values"], row.condition["n"]) for row in rows} == asked
    assert max(row.value for row in rows) <= 0.05
