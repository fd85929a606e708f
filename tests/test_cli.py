"""The `calsync` command."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from calsync.cli import main
from calsync.config import parse_token_keys
from tests.test_config import GOOD

PASSWORD = "violet tractor seven"


@pytest.fixture
def run(tmp_path: Path):
    """Return a function that runs a command on an installation of its own."""
    environment = {**GOOD, "CALSYNC_INSTANCE": str(tmp_path / "instance")}

    def run(*words: str, typed: str = "", **changes: str | None) -> Result:
        return CliRunner(env={**environment, **changes}).invoke(main, words, input=typed)

    return run


@pytest.fixture
def installed(run):
    """Return the same, with the schema made and a tenant."""
    assert run("db", "upgrade").exit_code == 0
    assert run("tenant", "add", "acme", "--name", "Acme IT").exit_code == 0
    return run


def test_a_start_without_settings_says_what_is_missing(run):
    result = run("serve", CALSYNC_SECRET_KEY="weak", CALSYNC_PUBLIC_URL=None)
    assert result.exit_code == 1
    assert "calsync cannot start." in result.output
    assert "CALSYNC_SECRET_KEY is weak" in result.output
    assert "CALSYNC_PUBLIC_URL is missing" in result.output
    assert "Traceback" not in result.output


def test_a_start_on_another_schema_says_what_to_run(run):
    result = run("serve")
    assert result.exit_code == 1
    assert "Run `calsync db upgrade`." in result.output


def test_tenants_and_users_are_made_and_listed(installed):
    added = installed(
        "user", "add", "acme", "Kim@Acme.example", "--name", "Kim", "--role", "admin",
        "--time-zone", "Europe/London", typed=f"{PASSWORD}\n",
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    listed = installed("user", "list", "acme").output
    assert listed == "kim@acme.example\tKim\tadmin\tEurope/London\tactive\n"
    assert installed("tenant", "list").output == "acme\tAcme IT\n"


@pytest.mark.parametrize(
    ("words", "typed", "complaint"),
    [
        (("tenant", "add", "acme"), "", "There is a tenant called acme already."),
        (("tenant", "add", "A cme!"), "", "made of letters, digits and hyphens"),
        (("user", "list", "nowhere"), "", "There is no tenant called nowhere."),
        (("user", "add", "nowhere", "k@x.y", "--name", "K"), PASSWORD, "There is no tenant"),
        (("user", "add", "acme", "kim", "--name", "K"), PASSWORD, "That is no e-mail address."),
        (("user", "add", "acme", "k@x.y", "--name", "K"), "short", "The password is too short"),
        (("user", "add", "acme", "k@x.y", "--name", "K"), "calsync-2026", "easy to guess"),
        (("user", "add", "acme", "k@x.y", "--name", " "), PASSWORD, "1 to 200 characters"),
        (
            ("user", "add", "acme", "k@x.y", "--name", "K", "--time-zone", "Mars/Base"),
            PASSWORD,
            "That is no time zone",
        ),
        (("user", "password", "acme", "no@x.y"), PASSWORD, "acme has no user with that address."),
        (("user", "disable", "acme", "no@x.y"), "", "acme has no user with that address."),
    ],
)
def test_a_mistake_is_named_in_a_sentence(installed, words, typed, complaint):
    result = installed(*words, typed=typed + "\n")
    assert result.exit_code == 1
    assert complaint in result.output
    assert "Traceback" not in result.output


def test_a_user_is_shut_out_and_let_in_again(installed):
    add = ("user", "add", "acme", "kim@acme.example", "--name", "Kim")
    installed(*add, typed=PASSWORD + "\n")
    assert installed(*add, typed=PASSWORD + "\n").exit_code == 1
    assert installed("user", "disable", "acme", "kim@acme.example").exit_code == 0
    assert installed("user", "list", "acme").output.endswith("\tdisabled\n")
    assert installed("user", "enable", "acme", "kim@acme.example").exit_code == 0
    assert installed("user", "list", "acme").output.endswith("\tactive\n")
    result = installed("user", "password", "acme", "kim@acme.example", typed="new " + PASSWORD)
    assert result.exit_code == 0


def test_new_keys_and_secrets_are_good_ones(run):
    key = run("keys", "new").output.strip()
    assert parse_token_keys(key)
    secret = run("keys", "secret").output.strip()
    assert run("db", "upgrade", CALSYNC_SECRET_KEY=secret, CALSYNC_TOKEN_KEYS=key).exit_code == 0


def test_rotating_says_how_many_tokens_there_were(installed):
    assert "0 tokens were encrypted anew." in installed("keys", "rotate").output


def test_going_back_asks_first(installed):
    assert installed("db", "downgrade", "base", typed="n\n").exit_code == 1
    assert installed("tenant", "list").exit_code == 0
    assert installed("db", "downgrade", "base", "--yes").exit_code == 0
    assert installed("tenant", "list").exit_code == 1


def test_tokens_are_made_listed_and_revoked(installed):
    kim = ("acme", "kim@acme.example")
    installed("user", "add", *kim, "--name", "Kim", typed=f"{PASSWORD}\n")
    made = installed("token", "add", *kim, "--name", "PSA")
    assert made.exit_code == 0, made.output
    assert made.output.startswith("cs_")
    token_id, name, _, used = installed("token", "list", *kim).output.strip().split("\t")
    assert (name, used) == ("PSA", "never")
    assert made.output.strip() not in installed("token", "list", *kim).output
    assert installed("token", "revoke", *kim, token_id).exit_code == 0
    assert installed("token", "list", *kim).output == ""
    assert "There is no such token" in installed("token", "revoke", *kim, token_id).output
