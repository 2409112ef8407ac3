"""What all tests share."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("study_fixture")


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the project."""
    return Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The test of the whole workflow takes as long as all others together: one worker begins with it at once."""
    items.sort(key=lambda item: item.path.name != "test_workflow.py")


@pytest.fixture(scope="module")
def outcomes(request, lab):
    """What every part of the module's study measures in the module's `lab`."""
    tested = request.module.STUDY
    return {part: tested.measure(part, lab) for part in tested.parts}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "part_of_study" in metafunc.fixturenames:
        metafunc.parametrize("part_of_study", metafunc.module.STUDY.parts)
