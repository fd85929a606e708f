"""A linked calendar whose database is put back to what it was yesterday."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from calsync.cli import main
from calsync.config import Settings
from calsync.core.integration import Stop
from calsync.db.models import DueKind, DueRow, Integration, LinkedAccount, LoginSession
from calsync.db.sealed import place_of
from tests.cast import Person, with_session
from tests.processes import environment_of
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, tmp_path: Path) -> Run:
    """Return a function that runs a command on the test's installation, and says yes to it."""

    def run(*words: str | Path) -> Result:
        environment = environment_of(settings, tmp_path, 5000)
        return CliRunner(env=environment).invoke(main, [str(w) for w in words], input="y\n")

    return run


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.backup"


def test_tokens_stay_sealed(office: Office, run: Run, kept: Path):
    run("backup", kept)
    with office.tools.db.read() as session:
        account = session.query(LinkedAccount).one()
    place = place_of(LinkedAccount, account.tenant_id, account.id, "refresh_token")
    token = office.tools.keyring.open(account.refresh_token, place)
    assert account.refresh_token.encode() in kept.read_bytes()
    assert token.encode() not in kept.read_bytes()


def test_everybody_logs_in_again_and_all_calendars_are_read_in_full(
    office: Office, dana: Person, run: Run, kept: Path
):
    office.sync()
    with_session(office.tools, dana)
    run("backup", kept)
    office.tools.db.engine.dispose()
    assert run("restore", kept).exit_code == 0
    with office.tools.db.read() as session:
        assert session.query(LoginSession).count() == 0
        assert session.query(Integration).one().swept_at is None
        kinds = {row.kind for row in session.query(DueRow) if row.lease_owner is None}
    assert {DueKind.SYNC, DueKind.KEEP_CHANNEL} <= kinds


def test_what_people_did_since_is_neither_doubled_nor_deleted(
    office: Office, link: Callable[..., str], run: Run, kept: Path
):
    edited, here_gone = office.add("Edited here"), office.add("Deleted here")
    uids = {name: office.put(name) for name in ("Edited there", "Deleted there", "Untouched")}
    office.sync()
    run("backup", kept)
    office.clock.move(timedelta(hours=20))
    office.change(edited, subject="Edited here since")
    office.delete(here_gone)
    office.edit(uids["Edited there"], summary="Edited there since")
    office.remove(uids["Deleted there"])
    office.add("Made here since")
    office.put("Made there since")
    office.sync()
    office.tools.db.engine.dispose()
    assert run("restore", kept).exit_code == 0
    office.clock.move(timedelta(minutes=10))
    # Its token was renewed since, which works once; the user connects the mailbox again.
    office.sync()
    assert office.integration.stop is Stop.NOT_CONNECTED
    link()
    office.sync()
    office.sync()
    both = ["Edited here since", "Edited there since", "Made there since", "Untouched"]
    assert office.subjects() == both
    # Nobody here knows any more what made it: it is left alone, and listed.
    assert office.summaries() == sorted([*both, "Made here since"])
