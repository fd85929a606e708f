"""`calsync demo`: the product and a sandbox, wired to each other, with people to log in as."""

import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from calsync.app import create_app, make_folder, tools_of, upgrade_schema
from calsync.cli.demo_items import ZONE, add_items
from calsync.cli.installation import plain_errors
from calsync.cli.serving import leave, serve_until_stopped
from calsync.config import read_settings
from calsync.db.models import Role
from calsync.errors import SettingsError
from calsync.ids import new_secret
from calsync.keys import new_key
from calsync.logs import configure_logging
from calsync.services import api_tokens, people
from calsync.services.tools import Tools, Who

HOST = "127.0.0.1"
TENANT = "acme"
PASSWORD = "calsync-demo"  # noqa: S105 - the demo's, printed for everybody, on loopback only
PEOPLE = (
    ("dana@acme.example", "Dana Reyes", Role.MEMBER),
    ("sam@acme.example", "Sam Okafor", Role.ADMIN),
)
API_TOKEN = "calsync-demo-token"  # noqa: S105 - as the password: known to everybody, on loopback only
_SANDBOX_STARTS_WITHIN = 15.0


@click.command()
@click.option("--port", envvar="PORT", default=5000, show_default=True)
@click.option("--sandbox-port", envvar="SANDBOX_PORT", default=5001, show_default=True)
@plain_errors
def demo(port: int, sandbox_port: int) -> None:
    """Serve a demo on this machine alone: no network and no account needed."""
    if port == sandbox_port:
        raise SettingsError("PORT and SANDBOX_PORT are the same: the demo needs two ports.")
    for wanted, name in ((port, "PORT"), (sandbox_port, "SANDBOX_PORT")):
        _refuse_taken_port(wanted, name)
    instance = Path(os.environ.get("CALSYNC_INSTANCE") or "instance").absolute()
    make_folder(instance)
    with (instance / "calsync.log").open("a") as log_file, _sandbox(instance, sandbox_port):
        configure_logging(log_file)
        environment = _environment(instance, port, sandbox_port)
        _write_exports(instance / "demo.env", environment)
        app = create_app(read_settings(environment))
        upgrade_schema(app)
        add_people(tools_of(app))
        click.echo(_welcome(port, sandbox_port, instance))
        is_clean = serve_until_stopped(app, HOST, port)
    leave(is_clean=is_clean)


def add_people(tools: Tools) -> None:
    """Make the demo's tenant with its people and their calendars, if it is not there yet."""
    if any(tenant.slug == TENANT for tenant in people.list_all_tenants(tools)):
        return
    people.create_tenant(tools, TENANT, "Acme IT Services")
    dana, sam = (
        people.create_user(
            tools,
            TENANT,
            email=email,
            name=name,
            role=role,
            password=PASSWORD,
            time_zone=ZONE,
        )
        for email, name, role in PEOPLE
    )
    danas, sams = (Who(user.tenant_id, user.id) for user in (dana, sam))
    api_tokens.create_token(tools, danas, "Demo", secret=API_TOKEN)
    add_items(tools, danas, sams)


def _environment(instance: Path, port: int, sandbox_port: int) -> dict[str, str]:
    sandbox = f"http://{HOST}:{sandbox_port}"
    return {
        **_secrets(instance / "demo-secrets.json"),
        "CALSYNC_INSTANCE": str(instance),
        "CALSYNC_PUBLIC_URL": f"http://{HOST}:{port}",
        "CRONOFY_CLIENT_ID": "sandbox-client",
        "CRONOFY_CLIENT_SECRET": "sandbox-secret",
        "CRONOFY_API_URL": sandbox,
        "CRONOFY_APP_URL": sandbox,
    }


def _secrets(path: Path) -> dict[str, str]:
    """Return this demo's own secrets, made at its first start."""
    if not path.exists():
        made = {
            "CALSYNC_SECRET_KEY": new_secret(),
            "CALSYNC_TOKEN_KEYS": f"demo:{new_key()}",
        }
        _write_for_us_alone(path, json.dumps(made))
    secrets: dict[str, str] = json.loads(path.read_text())
    return secrets


def _write_exports(path: Path, environment: dict[str, str]) -> None:
    """Write what a shell reads so that every other command works on this demo too."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
    path.unlink(missing_ok=True)
    _write_for_us_alone(path, "".join(lines))


def _write_for_us_alone(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)


@contextmanager
def _sandbox(instance: Path, port: int) -> Iterator[None]:
    """Run the sandbox in a process of its own, until the demo ends."""
    command = [sys.executable, "-m", "calsync.sandbox", "--port", str(port)]
    database = str(instance / "sandbox.sqlite3")
    with (instance / "sandbox.log").open("a") as output:
        process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [*command, "--database", database], stdout=output, stderr=output
        )
        try:
            _await_port(process, port, instance / "sandbox.log")
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _await_port(process: "subprocess.Popen[bytes]", port: int, log_file: Path) -> None:
    tries = int(_SANDBOX_STARTS_WITHIN / 0.1)
    for _ in range(tries):
        if process.poll() is not None:
            break
        if _is_taken(port):
            return
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    raise SettingsError(f"The sandbox does not start. What it said stands in {log_file}.")


def _refuse_taken_port(port: int, name: str) -> None:
    if not 1 <= port <= 65535:
        raise SettingsError(f"{name} is no port: choose a number from 1 to 65535.")
    if _is_taken(port):
        raise SettingsError(
            f"Port {port} is in use on this machine. Choose another one by {name}, such as "
            f"{name}={port % 60000 + 1000}."
        )


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _welcome(port: int, sandbox_port: int, instance: Path) -> str:
    logins = "\n".join(f"    {email}" for email, _, _ in PEOPLE)
    return f"""
calsync runs at          http://{HOST}:{port}
  log in to tenant {TENANT} with the password {PASSWORD} as
{logins}
  JSON API at /api/v1/docs, as Dana with the token
    {API_TOKEN}

The sandbox runs at      http://{HOST}:{sandbox_port}
  it stands in for Cronofy and five calendar services; sign in with the password sandbox
  to mailboxes such as
    dana@google.example

Data and logs are in     {instance}
Other commands work on it after
    . {shlex.quote(str(instance / "demo.env"))}
Stop with Ctrl-C.
"""
