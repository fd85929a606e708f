"""Look how both databases answer what is asked again and again (B13).

    python -m bench.sync.query_plans

The questions and the indexes that are there for them stand in the tests of the plans, each
of which has seen a planted full scan; they are what is run here.
"""

import subprocess
import sys

from bench.figures import Bound, Figure, report
from bench.results import head
from bench.sync.costs import say

PLANS = (
    "tests/db/test_item_queries.py",
    "tests/db/test_link_queries.py",
    "tests/db/test_log_queries.py",
)


def main() -> int:
    """Print the figures and keep them; end with 1 where a plan is another one."""
    return report("query_plans", head(1), look_at_plans())


def look_at_plans(tests: tuple[str, ...] = PLANS) -> list[Figure]:
    """Return for each of the files whether all of its plans are as meant."""
    return [
        Figure("B13", f"plans as meant, {test}", int(_passes(test)), 1, Bound.EXACTLY)
        for test in tests
    ]


def _passes(test: str) -> bool:
    say(f"query plans: {test}")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", test]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout[-2000:])
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
