"""Commands run on the tools of a test."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from calsync.cli import main
from calsync.services.tools import Tools

Run = Callable[..., Result]


def run_on(tools: Tools, monkeypatch: pytest.MonkeyPatch, *modules: str) -> Run:
    """Return a function that runs a command of these modules of the command line."""
    for module in modules:
        monkeypatch.setattr(f"calsync.cli.{module}.open_tools", lambda: tools)

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, words, input=typed)

    return run
