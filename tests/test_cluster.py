"""What a cluster is asked for: its profile says the same as that for a single machine, and short jobs go together."""

import asyncio
import sys
from types import SimpleNamespace

import pytest
import yaml

from soapbubble.parts.loading import load
from soapbubble.plan import SHORT, Plan
from soapbubble.slurm import mend

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


@pytest.mark.parametrize(("device", "asked"), [("auto", False), ("cpu", False), ("cuda", True)])
def test_a_gpu_is_asked_for_only_by_trainings_that_shall_have_one(run, tmp_path, device, asked):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(f"face_autoencoders: {{training: {{device: {device}}}}}\n")
    plan = run(overlay)
    faces = set(plan.config.face_autoencoders.families)
    assert {training.family for training in plan.trainings if training.on_gpu} == (faces if asked else set())


def test_what_follows_is_less_urgent(run):
    plan = run()
    assert all(plan.priorities[before] >= plan.priorities[job] for job in plan.needs for before in plan.needs[job])


class Executor:
    """Like that for Slurm: it asks through a function of its module, and later each time."""

    workflow = SimpleNamespace(executor_settings=SimpleNamespace(init_seconds_before_status_checks=10))
    next_seconds_between_status_checks = 40


@pytest.mark.parametrize("answer", [(None, None), ({"7": "RUNNING"}, 0.5)])
def test_slurm_is_asked_at_even_intervals_and_again_when_it_did_not_answer(monkeypatch, answer):
    async def query_job_status(command, logger):
        return answer

    module = sys.modules[Executor.__module__]
    monkeypatch.setattr(module, "query_job_status", query_job_status, raising=False)
    executor = Executor()
    mend(executor)
    executor.next_seconds_between_status_checks += 10
    assert executor.next_seconds_between_status_checks == 10
    found, took = asyncio.run(module.query_job_status("squeue", None))
    assert (found, took) == (answer[0] or {}, answer[1] or 0.0)
