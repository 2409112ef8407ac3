"""The library is typed, and a type checker finds nothing wrong in it."""

import subprocess
import sys


def test_a_type_checker_finds_nothing_wrong(project):
    found = subprocess.run([sys.executable, "-m", "mypy"], cwd=project, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-5000:] + found.stderr
