"""What all tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the project."""
    return Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The test of the whole workflow takes as long as all others together: one worker begins with it at once."""
    items.sort(key=lambda item: item.path.name != "test_workflow.py")
