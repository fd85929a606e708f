"""How a measurement is headed, and where its figures are kept."""

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
LEAST_ROUNDS = 5


def head(rounds: int) -> dict[str, Any]:
    """Return what is measured, where and when."""
    return {
        "commit": _find_commit(),
        "python": platform.python_version(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),  # noqa: TID251 - the real time
        "rounds": rounds,
    }


def keep(name: str, figures: Mapping[str, Any], broken: Sequence[str]) -> Path:
    """Keep figures with the limits that they break, in place of older ones; return where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({**figures, "broken": [*broken]}, indent=2) + "\n")
    return path


def _find_commit() -> str:
    """Return the commit that is measured, and whether anything was changed since."""

    def ask(*words: str) -> str:
        return subprocess.run(  # noqa: S603 - our own command
            ["git", *words],  # noqa: S607 - wherever it is installed
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    # The figures themselves change with every measurement.
    changed = " with changes" if ask("status", "--porcelain", "--", ".", ":!bench/results") else ""
    return ask("rev-parse", "HEAD") + changed
