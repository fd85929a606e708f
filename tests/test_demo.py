"""`calsync demo` and `calsync serve`, as processes of their own."""

import os
import signal
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from calsync.clock import SystemClock
from tests.browsing import TOKEN
from tests.consent import consent
from tests.processes import CALSYNC, free_port, wait_for_page
from tests.test_config import GOOD


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return a folder that is not the repository."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CALSYNC", "CRONOFY"))}
    return {**kept, "PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}


@pytest.fixture(params=["editable", "wheel"])
def demo(
    elsewhere: Path,
    environment: dict[str, str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Iterator[tuple["subprocess.Popen[str]", str, str]]:
    """Give a running demo with the addresses of product and sandbox."""
    if request.param == "wheel":
        with zipfile.ZipFile(request.getfixturevalue("wheel")) as archive:
            archive.extractall(tmp_path / "installed")
        environment["PYTHONPATH"] = str(tmp_path / "installed")
    process = subprocess.Popen(
        [CALSYNC, "demo"],
        cwd=elsewhere,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    product = f"http://127.0.0.1:{environment['PORT']}"
    wait_for_page(f"{product}/healthz", process)
    yield process, product, f"http://127.0.0.1:{environment['SANDBOX_PORT']}"
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_a_demo_runs_from_any_folder_and_stops_cleanly(demo, elsewhere: Path):
    process, product, sandbox = demo
    assert "Log in" in requests.get(f"{product}/", timeout=5).text
    assert requests.get(f"{sandbox}/", timeout=5).status_code == 200
    assert requests.get(f"{sandbox}/v1/userinfo", timeout=5).status_code == 401
    secrets = elsewhere / "instance" / "demo-secrets.json"
    exports = elsewhere / "instance" / "demo.env"
    for path in (secrets, exports, elsewhere / "instance" / "calsync.sqlite3"):
        assert path.stat().st_mode & 0o077 == 0, path
    clock = SystemClock()
    began = clock.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert clock.monotonic() - began < 12
    for words in (product, sandbox, "dana@acme.example", "calsync-demo", "tenant acme"):
        assert words in output
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox}/", timeout=5)
    log = (elsewhere / "instance" / "calsync.log").read_text()
    assert '"event": "loop stopped"' in log


@pytest.mark.parametrize("demo", ["editable"], indirect=True)
def test_what_a_demo_says_of_itself_is_true(demo, elsewhere: Path):
    """The token opens the API, and the commands work on it. Costs one demo and one command."""
    process, product, _ = demo
    answer = requests.get(
        f"{product}/api/v1/items",
        headers={"Authorization": "Bearer calsync-demo-token"},
        timeout=5,
    )
    assert answer.status_code == 200, answer.text
    told = f". {elsewhere / 'instance' / 'demo.env'}"
    command = f"{told} && {CALSYNC} integration add acme dana@acme.example Work"
    run = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert run.stderr == (
        "Error: The user has no linked calendar called Work. "
        "Mailboxes are connected on the Calendar Sync page.\n"
    )
    process.send_signal(signal.SIGTERM)
    assert told in process.communicate(timeout=20)[0]


def test_a_port_in_use_is_named(elsewhere: Path, environment: dict[str, str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        run = subprocess.run(
            [CALSYNC, "demo"],
            cwd=elsewhere,
            env={**environment, "PORT": port},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 1
    assert f"Port {port} is in use on this machine." in run.stderr
    assert "Traceback" not in run.stderr
    assert not (elsewhere / "instance").exists()


@pytest.mark.parametrize("demo", ["editable"], indirect=True)
def test_a_silent_cronofy_does_not_keep_a_process_from_stopping(demo, elsewhere: Path):
    process, product, sandbox = demo
    link_and_disconnect(product, sandbox)
    log_file = elsewhere / "instance" / "calsync.log"
    clock = SystemClock()
    end = clock.monotonic() + 20
    while requests.get(f"{sandbox}/_control/state", timeout=5).json()["faults"][0]["fired"] == 0:
        assert clock.monotonic() < end, "Nobody told Cronofy."
        clock.sleep(0.1)
    began = clock.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert clock.monotonic() - began < 11
    assert '"event": "loop stopped", "logger": "calsync.jobs", "unfinished": 1' in (
        log_file.read_text()
    )


def link_and_disconnect(product: str, sandbox: str) -> None:
    """Link a mailbox and give it up while Cronofy does not answer to that."""
    with requests.Session() as browser:

        def send(path: str, **form: str) -> requests.Response:
            page = browser.get(f"{product}/login", timeout=5).text
            token = TOKEN.search(page)
            assert token
            form["csrf_token"] = token.group(1)
            return browser.post(f"{product}{path}", data=form, timeout=10)

        send("/login", tenant="acme", email="dana@acme.example", password="calsync-demo")
        connect = browser.get(f"{product}/calendar-sync/connect", allow_redirects=False, timeout=5)
        answer = consent(connect.headers["Location"])
        browser.get(f"{product}/calendar-sync/callback", params=answer, timeout=10)
        page = browser.get(f"{product}/calendar-sync", timeout=10).text
        account_id = page.partition("/calendar-sync/accounts/")[2].partition("/")[0]
        fault = {"fault": "timeout_before", "path": "/oauth/token/revoke", "seconds": 60}
        requests.post(f"{sandbox}/_control/faults", json=fault, timeout=5)
        # The login page redirects now; the token stands on the account page.
        token = TOKEN.search(browser.get(f"{product}/account", timeout=5).text)
        assert token
        browser.post(
            f"{product}/calendar-sync/accounts/{account_id}/disconnect",
            data={"csrf_token": token.group(1)},
            timeout=10,
        )


def test_serving_an_installation_stops_at_sigterm_with_status_0(
    elsewhere: Path, environment: dict[str, str]
):
    settings = {**environment, **GOOD}
    subprocess.run([CALSYNC, "db", "upgrade"], cwd=elsewhere, env=settings, check=True)
    process = subprocess.Popen(
        [CALSYNC, "serve"],
        cwd=elsewhere,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        answer = wait_for_page(f"http://127.0.0.1:{settings['PORT']}/healthz", process)
        assert answer.status_code == 200
        assert "Server" not in answer.headers
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert '"event": "serving"' in output
