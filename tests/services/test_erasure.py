"""A wish to be forgotten: nothing of the mailbox stays, and nothing of anybody else's goes."""

from collections.abc import Callable

import pytest
from flask import Flask

from calsync.core.link import LinkState, Origin, Side
from calsync.core.run import Result, RunState, Trigger
from calsync.db.database import Session
from calsync.db.models import DueKind, Integration, LinkedAccount, LinkRow, LogEntry, Run
from calsync.services import erasure
from calsync.services.accounts import list_linked
from calsync.services.channels import keep_channel
from calsync.services.erasure import erase_account
from calsync.services.item_access import find_item_view
from calsync.services.items import create_item
from calsync.services.revocations import revoke
from calsync.services.tools import Tools
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.hearing import add_integration, find_due, load, standing
from tests.services.integrating import integrate
from tests.services.makings import appointment
from tests.services.test_accounts import waiting_revocations
from tests.services.test_channels import opened
from tests.web.test_every_route import dump

SECRET = "Oncologist at nine"


def remember(tools: Tools, tenant_id: str, integration_id: str, item_id: str) -> None:
    """Have an integration remember an event in a link and in its log."""
    now = tools.clock.now()
    with tools.db.begin() as session:
        run = Run(
            tenant_id=tenant_id,
            integration_id=integration_id,
            trigger=Trigger.SCHEDULED,
            state=RunState.FINISHED,
            bulk={},
            counts={},
            began_at=now,
        )
        session.add(run)
        session.flush()
        session.add_all(
            [
                LinkRow(
                    tenant_id=tenant_id,
                    integration_id=integration_id,
                    item_id=item_id,
                    key="",
                    origin=Origin.BROUGHT,
                    state=LinkState.LIVE,
                    record={"title": SECRET},
                ),
                LogEntry(
                    tenant_id=tenant_id,
                    integration_id=integration_id,
                    run_id=run.id,
                    item_id=item_id,
                    at=now,
                    trigger=run.trigger,
                    side=Side.IN,
                    action="update",
                    result=Result.DONE,
                    title=SECRET,
                    before={},
                    after={"title": SECRET},
                ),
            ]
        )


def test_nothing_that_was_read_from_the_mailbox_stays(
    app: Flask,
    tools: Tools,
    dana: Person,
    sam: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
) -> None:
    work = sandbox.calendars()["Work"]
    account_id = link()
    sams = add_integration(tools, sam, link("sam@google.example", sam), "cal_sams")
    integration = add_integration(tools, dana, account_id, work)
    item_id = create_item(tools, dana.who, appointment())
    remember(tools, integration.tenant_id, integration.id, item_id)
    keep_channel(tools, integration.tenant_id, integration.id)
    # One more that the user had with the same mailbox, and deleted.
    [mailbox] = [each.account for each in list_linked(tools, dana.who)]
    former = add_integration(
        tools, dana, account_id, "cal_former", service=mailbox.provider_service, is_active=False
    )
    with tools.db.begin() as session:
        session.get_one(Integration, former.id).account_id = None
    remember(tools, former.tenant_id, former.id, item_id)
    assert SECRET in repr(dump(app))
    for _ in range(2):
        erase_account(tools, integration.tenant_id, account_id)
    assert SECRET not in repr(dump(app))
    assert list_linked(tools, dana.who) == []
    assert find_due(tools, DueKind.SYNC, integration.id) is None
    assert keep_channel(tools, integration.tenant_id, integration.id) is None
    [revocation_id] = waiting_revocations(tools, dana)
    revoke(tools, dana.who.tenant_id, revocation_id)
    assert standing(tools, integration) is None
    assert opened(sandbox) == []
    # My Calendar and the colleague's mailbox are as they were.
    assert find_item_view(tools, dana.who, item_id).fields == appointment()
    assert len(list_linked(tools, sam.who)) == 1
    assert load(tools, sams).account_id


def test_what_is_linked_with_the_mailbox_while_it_is_forgotten_goes_too(
    app: Flask,
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account_id = link()
    item_id = create_item(tools, dana.who, appointment())
    list_ids = erasure.list_integration_ids

    def link_meanwhile(session: Session, account: LinkedAccount) -> list[str]:
        found = list_ids(session, account)
        monkeypatch.setattr(erasure, "list_integration_ids", list_ids)
        remember(tools, dana.who.tenant_id, integrate(tools, dana, account_id), item_id)
        return found

    monkeypatch.setattr(erasure, "list_integration_ids", link_meanwhile)
    erase_account(tools, dana.who.tenant_id, account_id)
    assert SECRET not in repr(dump(app))
