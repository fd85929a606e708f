"""The product in processes of its own."""

import os
import socket
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import requests

from calsync.clock import SystemClock
from calsync.config import Settings
from calsync.ids import new_secret
from tests.installations import KEYS

CALSYNC = Path(sys.executable).parent / "calsync"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    clock = SystemClock()
    end = clock.monotonic() + seconds
    while not condition():
        assert clock.monotonic() < end, "It did not happen in time."
        clock.sleep(0.02)


def wait_for_page(url: str, process: "subprocess.Popen[str]") -> requests.Response:
    clock = SystemClock()
    end = clock.monotonic() + 30
    while True:
        assert process.poll() is None, process.communicate()[0]
        try:
            return requests.get(url, timeout=5)
        except requests.ConnectionError:
            assert clock.monotonic() < end, f"{url} does not answer."
            clock.sleep(0.1)


def start_serving(
    settings: Settings,
    folder: Path,
    port: int,
    *,
    public_port: int | None = None,
    output: TextIO | int = subprocess.PIPE,
) -> "subprocess.Popen[str]":
    """Serve an installation; where it is one of several, ``public_port`` is the first's."""
    environment = {
        **environment_of(settings, folder, public_port or port),
        "PORT": str(port),
    }
    return subprocess.Popen(
        [CALSYNC, "serve"],
        cwd=folder,
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


def environment_of(settings: Settings, folder: Path, public_port: int) -> dict[str, str]:
    """Return the environment that a command of an installation runs in."""
    [(name, key)] = KEYS
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CALSYNC", "CRONOFY"))}
    return {
        **kept,
        "CALSYNC_SECRET_KEY": new_secret(),
        "CALSYNC_TOKEN_KEYS": f"{name}:{urlsafe_b64encode(key).decode()}",
        "CALSYNC_PUBLIC_URL": f"http://127.0.0.1:{public_port}",
        "CALSYNC_INSTANCE": str(folder),
        "CALSYNC_DATABASE_URL": settings.database_url,
        "CRONOFY_CLIENT_ID": settings.cronofy.client_id,
        "CRONOFY_CLIENT_SECRET": settings.cronofy.client_secret,
        "CRONOFY_API_URL": settings.cronofy.api_url,
        "CRONOFY_APP_URL": settings.cronofy.app_url,
    }
