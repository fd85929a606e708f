"""A run that skips, loses or excuses a test does not count."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.strictness import MINIMUM
from tests.wheels import ROOT

ENOUGH = f"@pytest.mark.parametrize('n', range({MINIMUM}))\ndef test_many(n): pass\n"
PLANTED = {
    "a skip": ENOUGH + "def test_x(): pytest.skip('planted')\n",
    "an excuse": ENOUGH + "@pytest.mark.xfail\ndef test_x(): assert False\n",
    "too few tests": "def test_x(): pass\n",
}


def run(folder: Path, content: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_planted.py").write_text("import pytest\n" + content)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.strictness", *arguments, folder],
        cwd=folder,
        # Others' plugins take as long to load as all the planted tests to run.
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("fault", PLANTED)
def test_a_run_that_is_worth_less_than_it_looks_fails(tmp_path: Path, fault: str):
    done = run(tmp_path, PLANTED[fault])
    assert done.returncode == 3, done.stdout
    assert "This run does not count" in done.stdout


def test_a_run_that_leaves_tests_out_fails(tmp_path: Path):
    done = run(tmp_path, ENOUGH + "def test_x(): pass\n", "-k", "many")
    assert done.returncode == 3, done.stdout


def test_a_whole_run_passes(tmp_path: Path):
    assert run(tmp_path, ENOUGH).returncode == 0
