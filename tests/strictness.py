"""A run that counts: nothing skipped, nothing expected to fail, nothing missing.

Loaded by `pytest -p tests.strictness`, as CI does.
"""

from pathlib import Path

import pytest

#: At least so many tests ran when this number was written; fewer would mean that some are lost.
MINIMUM = int((Path(__file__).parent / "minimum.txt").read_text())
_WEAK = ("skipped", "xfailed", "xpassed", "deselected")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what makes the run worth less than it looks."""
    stats = terminalreporter.stats
    faults = [f"{len(stats[kind])} {kind}" for kind in _WEAK if stats.get(kind)]
    passed = len(stats.get("passed", ()))
    if passed < MINIMUM:
        faults.append(f"{passed} passed, where at least {MINIMUM} have to")
    config.stash[_FAULTS] = faults
    if faults:
        terminalreporter.section("This run does not count", red=True)
        terminalreporter.line("; ".join(faults))
        for report in stats.get("skipped", ()):
            terminalreporter.line(f"{report.nodeid}: {report.longrepr}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End with a status of its own where the run does not count."""
    if config.stash.get(_FAULTS, []):
        raise SystemExit(3)


_FAULTS = pytest.StashKey[list[str]]()
