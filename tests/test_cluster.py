"""What a cluster is asked for: its profile says the same as that for a single machine, and short jobs go together."""

import pytest
import yaml

from soapbubble.parts.loading import load
from soapbubble.plan import SHORT, Plan

ELSEWHERE = {"default-resources"}  # the cluster's has more of them


def test_the_profile_for_slurm_has_every_setting_of_the_default_one(project):
    one, slurm = (
        yaml.safe_load((project / "profiles" / name / "config.yaml").read_text()) for name in ("default", "slurm")
    )
    assert {key: slurm.get(key) for key in one.keys() - ELSEWHERE} == {key: one[key] for key in one.keys() - ELSEWHERE}
    named = {text.partition("=")[0] for text in slurm["default-resources"]}
    assert named >= {text.partition("=")[0] for text in one["default-resources"]}


@pytest.fixture
def run(project, monkeypatch):
    monkeypatch.chdir(project)
    return lambda *overlays: Plan(load([project / "config.yaml", *(project / name for name in overlays)]))


def test_a_part_of_more_than_a_minute_is_a_job_of_its_own(run):
    plan = run()
    radii, cube = (plan.study("shells").part(name) for name in ("radii", "cube"))
    plan.published_seconds = {"shells/radii": SHORT + 1, "shells/cube": SHORT}
    assert (plan.group(radii), plan.group(cube)) == (None, "shells")
    plan.published_seconds = {}
    assert plan.group(cube) is None


def test_all_parts_of_a_study_are_short_in_a_smoke_run(run):
    plan = run("config/smoke.yaml")
    assert {plan.group(part) for part in plan.study("width").parts} == {"width"}


def test_what_follows_is_less_urgent(run):
    plan = run()
    assert all(plan.priorities[before] >= plan.priorities[job] for job in plan.needs for before in plan.needs[job])
