"""Run every measurement, one after the other, and say at the end which limits are broken.

    python -m bench [NAME ...]

Each is a process of its own and keeps its figures under bench/results, with the commit.
"""

import subprocess
import sys
import time

MEASUREMENTS = (
    "sync.volumes",
    "sync.growth",
    "sync.command_line",
    "sync.query_plans",
    "sync.rate",
    "sync.latency",
    "sync.storm",
    "sync.memory",
    "lists",
    "my_calendar",
    "sync_pages",
    "sandbox",
)


def main(names: tuple[str, ...]) -> int:
    """Run these; end with 1 where a limit is broken or one could not be run."""
    failed, began_at = [], time.monotonic()  # noqa: TID251 - the real time is meant
    for name in names:
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False)  # noqa: S603
        if done.returncode:
            failed.append(name)
    minutes = (time.monotonic() - began_at) / 60  # noqa: TID251 - as above
    said = f"limits broken: {', '.join(failed)}" if failed else "all within their limits"
    sys.stdout.write(f"{said}, after {minutes:.0f} minutes\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or MEASUREMENTS))
