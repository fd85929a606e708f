"""The sandbox as a process of its own: it says where it is, keeps its store, ends when told."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests


@contextmanager
def serve(database: Path, *options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the sandbox on any free port and yield its address."""
    command = [sys.executable, "-m", "calsync.sandbox", "--port", "0", "--database", str(database)]
    # What a shell starts in the background ignores Ctrl-C, and so would what that starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    started = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    with started as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert match, line
        try:
            yield match[0], process
        finally:
            process.kill()


def test_the_process_ends_cleanly_and_its_store_stays(tmp_path: Path) -> None:
    database = tmp_path / "deep" / "sandbox.sqlite"
    body = {"mailbox": "dana@google.example"}
    with serve(database) as (url, process):
        state = requests.get(f"{url}/_control/state", timeout=10).json()
        assert state["settings"]["rate_limit"] is True
        tokens = requests.post(f"{url}/_control/authorise", json=body, timeout=10).json()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0
    with serve(database, "--rate-limit", "off") as (url, process):
        state = requests.get(f"{url}/_control/state", timeout=10).json()
        assert state["settings"]["rate_limit"] is False
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = requests.get(f"{url}/v1/account", headers=headers, timeout=10)
        assert answer.status_code == 200
        # A terminal signals the whole group, and the demo what it has started.
        os.kill(process.pid, signal.SIGINT)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0
