"""What a deed costs: CPU of this process, and the calls that it makes."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.sync.provider import Provider


@dataclass(frozen=True)
class Cost:
    """What something took, in seconds, and how many calls."""

    cpu: float
    wall: float
    reads: int = 0
    writes: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.cpu + other.cpu,
            self.wall + other.wall,
            self.reads + other.reads,
            self.writes + other.writes,
        )


def measure(provider: Provider, deed: Callable[[], object]) -> Cost:
    """Do something and return what it took."""
    provider.take_counts()
    cpu, wall = time.process_time(), time.perf_counter()
    deed()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    counts = provider.take_counts()
    return Cost(cpu, wall, counts["read"], counts["write"])


def measure_command(
    command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Cost:
    """Run a command and return what the whole process took. Raises where it fails."""
    wall = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{said[-2000:]}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - wall)


def run_command(command: Sequence[str]) -> str:
    """Run a command and return what it said."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def peak_kib() -> int:
    """Return the most memory that this process has had in use, by the kernel's count.

    Not by ``getrusage``, whose figure begins with what the parent had.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def say(words: str) -> None:
    """Tell whoever waits how far the bench is."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
