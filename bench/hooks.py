"""Measure how soon a notification is answered: 200 a second, over HTTP, noted in the database.

    python -m bench.hooks [--seconds 10] [--rate 200]

Serves the product in a process of its own, on a SQLite file in a temporary folder, and
posts signed notifications of 50 integrations at even distances, whether or not the ones
before were answered: what is late counts from when it should have been sent. Every eleventh
is forged.

Prints one JSON object. The goal is 50 ms for 99 of 100 at 200 a second, on a machine with a
core to spare: `share_of_a_core` says how much of one a busy loop got meanwhile, and
`server_cpu_ms_each` what a notification cost wherever it ran. Only a notification that got
lost is a failure.
"""

import argparse
import http.client
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calsync.app import create_app, tools_of, upgrade_schema
from calsync.db.models import PushChannel
from calsync.ids import new_secret
from calsync.services.channels import PATH
from calsync.services.tools import Tools
from tests.cast import add_cast, find_cast
from tests.installations import KEYS, NOWHERE, make_settings
from tests.services.hearing import add_channel, add_integration, at, notification, sign
from tests.test_demo import free_port

GOAL_MS_P99 = 50
INTEGRATIONS = 50
CONNECTIONS = 32


def main() -> int:
    """Print the figures; end with 1 if a notification got lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rate", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'calsync.sqlite3'}"
        tools, tokens = furnish(url, Path(folder))
        with serve(url, Path(folder)) as (port, pid):
            knock(port, tokens, options.rate, 1)
            spent = cpu_seconds(pid)
            answers = knock(port, tokens, options.rate, options.seconds)
            spent = cpu_seconds(pid) - spent
            share = _share_of_a_core()
        with tools.db.read() as session:
            heard = sum(1 for row in session.query(PushChannel) if row.verified_at)
    genuine = [ms for status, ms in answers if status == 200]
    forged = sum(status == 401 for status, _ in answers)
    figures = {
        "rate": options.rate,
        "taken": len(genuine),
        "refused_as_forged": forged,
        "lost": len(answers) - len(genuine) - forged,
        "ms_median": round(statistics.median(genuine), 1),
        "ms_p99": round(statistics.quantiles(genuine, n=100)[-1], 1),
        "ms_p99_goal": GOAL_MS_P99,
        "ms_max": round(max(genuine), 1),
        "server_cpu_ms_each": round(1_000 * spent / len(answers), 2),
        "share_of_a_core": round(share, 2),
        "channels_heard": heard,
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["lost"] == 0 and heard == INTEGRATIONS else 1


def cpu_seconds(pid: int) -> float:
    """Return what a process has cost so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _share_of_a_core() -> float:
    """Return how much of a core a busy loop gets at the moment."""
    cpu, wall = time.process_time(), time.perf_counter()
    while time.process_time() - cpu < 0.2:
        pass
    return 0.2 / (time.perf_counter() - wall)


def furnish(url: str, folder: Path) -> tuple[Tools, list[str]]:
    """Make a database with integrations, and return the tokens of their channels."""
    app = create_app(make_settings(url, folder))
    upgrade_schema(app)
    tools = tools_of(app)
    add_cast(tools)
    dana = find_cast(tools)["dana"]
    # As if read in an hour: the runs that notifications wake are measured elsewhere.
    read_at = tools.clock.now() + timedelta(hours=1)
    made = [
        add_integration(tools, dana, calendar_id=f"cal_{number}", checked_at=read_at)
        for number in range(INTEGRATIONS)
    ]
    return tools, [add_channel(tools, each) for each in made]


@contextmanager
def serve(
    url: str, folder: Path, *, cronofy_url: str = NOWHERE, **more: str
) -> Iterator[tuple[int, int]]:
    """Serve the product in a process of its own and yield its port and its id.

    ``more`` are further settings of its environment.
    """
    [(name, key)] = KEYS
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "CALSYNC_SECRET_KEY": new_secret(),
        "CALSYNC_TOKEN_KEYS": f"{name}:{urlsafe_b64encode(key).decode()}",
        "CALSYNC_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CALSYNC_INSTANCE": str(folder),
        "CALSYNC_DATABASE_URL": url,
        "CRONOFY_CLIENT_ID": "sandbox-client",
        "CRONOFY_CLIENT_SECRET": "sandbox-secret",
        "CRONOFY_API_URL": cronofy_url,
        "CRONOFY_APP_URL": cronofy_url,
        **more,
    }
    command = [str(Path(sys.executable).parent / "calsync"), "serve"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _await(port)
            yield port, process.pid
        finally:
            process.terminate()


def _await(port: int) -> None:
    for _ in range(300):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except ConnectionError:
            time.sleep(0.1)  # noqa: TID251 - the real time is meant
        else:
            return
        finally:
            connection.close()
    raise RuntimeError("The product does not start.")


def knock(
    port: int, tokens: list[str], rate: int, seconds: int, *, forged: int = 11
) -> list[tuple[int, float]]:
    """Post notifications at even distances; return each answer's status and milliseconds.

    Every so many-th is ``forged``; none where that is 0.
    """
    begins = time.perf_counter() + 0.1
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(rate * seconds):
        waiting.put(number)
    answers: list[tuple[int, float]] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                connection.close()
                return
            planned = begins + number / rate
            time.sleep(max(0.0, planned - time.perf_counter()))  # noqa: TID251 - as above
            is_forged = forged > 0 and number % forged == forged - 1
            status = _post(connection, tokens[number % len(tokens)], is_forged=is_forged)
            answers.append((status, 1_000 * (time.perf_counter() - planned)))

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _post(connection: http.client.HTTPConnection, token: str, *, is_forged: bool) -> int:
    now = datetime.now(UTC)  # noqa: TID251 - as above
    body = notification(changes_since=at(now))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Cronofy-HMAC-SHA256": sign(body, *(["forged"] if is_forged else [])),
    }
    connection.request("POST", f"{PATH}{token}", body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


if __name__ == "__main__":
    sys.exit(main())
