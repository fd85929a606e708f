"""Integrations: made, changed, switched off and on, deleted, and linked again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.integration import SWITCH_DELAY, Copies, Meanwhile, Refusal, Stop
from calsync.core.item import Kind
from calsync.core.link import LinkState, Origin, Wish
from calsync.core.options import Options
from calsync.core.run import RunState
from calsync.cronofy.limiter import Lane
from calsync.db import due_rows
from calsync.db.models import DueKind, JudgedEvent, Run
from calsync.errors import NotPossible, NotThere
from calsync.services.accounts import check_account, disconnect, list_linked
from calsync.services.integration_end import delete_integration, finish_deletion
from calsync.services.integration_views import get_integration_view, list_integration_views
from calsync.services.integrations import (
    activate,
    change_options,
    count_copies_to_go,
    create_integration,
    deactivate,
)
from calsync.services.runs import request_sync
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.sandbox_server import RunningSandbox
from tests.services.integrating import (
    EVERYTHING,
    add_item,
    add_link,
    calendar_of,
    due_at,
    get_link,
    get_row,
    integrate,
)
from tests.services.test_accounts import waiting_revocations
from tests.services.test_linking import profile_of

Link = Callable[..., str]
NO_TASKS = replace(EVERYTHING, kinds=EVERYTHING.kinds - {Kind.TASK})


def refusal(error: pytest.ExceptionInfo[NotPossible]) -> str:
    return error.value.reason


def test_a_new_integration_is_synced_at_once(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link())
    view = get_integration_view(tools, dana.who, integration_id)
    assert view.is_connected
    assert view.integration.is_active
    assert (view.integration.service, view.integration.profile_name) == (
        view.account and view.account.provider_service,
        "dana@google.example",
    )
    assert due_at(tools, integration_id) == clock.now()
    row = get_row(tools, integration_id)
    assert set(row.kinds_since) == set(Kind)
    assert row.create_since == clock.now()


def test_the_same_calendar_is_not_linked_twice_by_one_user(
    tools: Tools, dana: Person, sam: Person, link: Link
) -> None:
    account_id = link()
    integrate(tools, dana, account_id)
    with pytest.raises(NotPossible) as error:
        integrate(tools, dana, account_id)
    assert refusal(error) == Refusal.ALREADY_LINKED
    integrate(tools, dana, account_id, "Personal")
    # Somebody else who shares the mailbox may.
    integrate(tools, sam, link(person=sam))


def test_nobody_links_a_calendar_of_somebody_elses_account(
    tools: Tools, dana: Person, sam: Person, mallory: Person, link: Link
) -> None:
    account_id = link()
    calendar_id = calendar_of(tools, dana, account_id)
    for person, calendar in ((sam, calendar_id), (mallory, calendar_id), (dana, "cal_unknown")):
        with pytest.raises(NotThere):
            create_integration(
                tools,
                person.who,
                account_id=account_id,
                calendar_id=calendar,
                options=EVERYTHING,
            )


def test_nothing_can_be_sent_to_a_read_only_calendar(
    tools: Tools, dana: Person, link: Link, sandbox: RunningSandbox
) -> None:
    account_id = link()
    work = calendar_of(tools, dana, account_id)
    sandbox.fault("calendar_readonly", calendar_id=work)
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    with pytest.raises(NotPossible) as error:
        integrate(tools, dana, account_id)
    assert refusal(error) == Refusal.READ_ONLY
    silent = replace(EVERYTHING, kinds=frozenset())
    integration_id = integrate(tools, dana, account_id, options=silent)
    with pytest.raises(NotPossible) as error:
        change_options(tools, dana.who, integration_id, EVERYTHING)
    assert refusal(error) == Refusal.READ_ONLY
    change_options(tools, dana.who, integration_id, replace(silent, takes_update=False))


def test_options_that_let_nothing_flow_are_refused(tools: Tools, dana: Person, link: Link) -> None:
    account_id = link()
    with pytest.raises(NotPossible) as error:
        integrate(tools, dana, account_id, options=Options())
    assert refusal(error) == Refusal.NOTHING_FLOWS
    integration_id = integrate(tools, dana, account_id)
    with pytest.raises(NotPossible) as error:
        change_options(tools, dana.who, integration_id, Options(takes_create=True, sends=True))
    assert refusal(error) == Refusal.NOTHING_TO_SEND


def test_a_calendar_that_cannot_be_reached_is_not_linked(
    tools: Tools, dana: Person, link: Link, sandbox: RunningSandbox
) -> None:
    account_id = link()
    sandbox.fault("calendar_deleted", calendar_id=calendar_of(tools, dana, account_id))
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    with pytest.raises(NotPossible) as error:
        integrate(tools, dana, account_id)
    assert refusal(error) == Refusal.CALENDAR_GONE
    sandbox.fault("token_revoked")
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    with pytest.raises(NotPossible) as error:
        integrate(tools, dana, account_id, "Personal")
    assert refusal(error) == Refusal.NOT_CONNECTED


def test_ticking_a_kind_counts_from_that_moment_and_leaves_the_others_alone(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link(), options=NO_TASKS)
    before = get_row(tools, integration_id)
    clock.move(timedelta(days=3))
    change_options(tools, dana.who, integration_id, EVERYTHING)
    row = get_row(tools, integration_id)
    assert row.kinds_since == {**before.kinds_since, "task": clock.now().isoformat()}
    assert row.version > before.version
    change_options(tools, dana.who, integration_id, NO_TASKS)
    assert get_row(tools, integration_id).kinds_since == before.kinds_since


def test_turning_create_on_never_brings_in_what_was_there_before(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    off = replace(EVERYTHING, takes_create=False)
    integration_id = integrate(tools, dana, link(), options=off)
    assert get_row(tools, integration_id).create_since is None
    for _ in range(2):
        clock.move(timedelta(days=1))
        with tools.db.begin() as session:
            # As the engine leaves it after a complete read.
            session.merge(get_row(tools, integration_id)).has_baseline = True
        change_options(tools, dana.who, integration_id, EVERYTHING)
        row = get_row(tools, integration_id)
        assert (row.create_since, row.has_baseline) == (clock.now(), False)
        change_options(tools, dana.who, integration_id, off)


def test_unticking_a_kind_stops_its_copies_and_nothing_else(
    tools: Tools, dana: Person, link: Link
) -> None:
    integration_id = integrate(tools, dana, link())
    task, todo = (add_item(tools, dana, kind) for kind in (Kind.TASK, Kind.TODO))
    sent_task = add_link(tools, dana, integration_id, task)
    sent_todo = add_link(tools, dana, integration_id, todo)
    brought = add_item(tools, dana, Kind.TASK)
    brought_task = add_link(tools, dana, integration_id, brought, origin=Origin.BROUGHT)
    change_options(tools, dana.who, integration_id, NO_TASKS)
    assert get_link(tools, sent_task).state is LinkState.PARKED
    assert get_link(tools, sent_task).wish is None
    assert get_link(tools, sent_todo).state is LinkState.LIVE
    assert get_link(tools, brought_task).state is LinkState.LIVE


def test_copies_go_only_in_the_number_that_was_confirmed(
    tools: Tools, dana: Person, link: Link
) -> None:
    integration_id = integrate(tools, dana, link())
    going = [
        add_link(tools, dana, integration_id, add_item(tools, dana, Kind.TASK)) for _ in range(2)
    ]
    gone = add_link(
        tools,
        dana,
        integration_id,
        add_item(tools, dana, Kind.TASK),
        state=LinkState.REMOVED_THERE,
    )
    tasks = frozenset({Kind.TASK})
    assert count_copies_to_go(tools, dana.who, integration_id, tasks) == 2
    for wrong in (None, 1, 3):
        with pytest.raises(NotPossible) as error:
            change_options(
                tools, dana.who, integration_id, NO_TASKS, copies=Copies.GO, confirmed=wrong
            )
        assert refusal(error) == Refusal.NUMBER_CHANGED
    assert get_link(tools, going[0]).state is LinkState.LIVE
    change_options(tools, dana.who, integration_id, NO_TASKS, copies=Copies.GO, confirmed=2)
    for link_id in going:
        row = get_link(tools, link_id)
        assert (row.state, row.wish, row.looks) == (LinkState.PARKED, Wish.DELETE_COPY, 1)
    assert get_link(tools, gone).state is LinkState.REMOVED_THERE


@pytest.mark.parametrize(
    ("meanwhile", "state", "wish"),
    [
        (Meanwhile.AGREED, LinkState.PARKED, Wish.AGREE),
        (Meanwhile.FLOWS, LinkState.LIVE, None),
    ],
)
def test_what_happened_while_a_kind_was_unticked_flows_only_if_confirmed(
    tools: Tools,
    dana: Person,
    link: Link,
    meanwhile: Meanwhile,
    state: LinkState,
    wish: Wish | None,
) -> None:
    integration_id = integrate(tools, dana, link())
    link_id = add_link(tools, dana, integration_id, add_item(tools, dana, Kind.TASK))
    change_options(tools, dana.who, integration_id, NO_TASKS)
    change_options(tools, dana.who, integration_id, EVERYTHING, meanwhile=meanwhile)
    row = get_link(tools, link_id)
    assert (row.state, row.wish) == (state, wish)
    assert row.looks > 0


def test_an_inactive_integration_is_not_synced_and_its_waiting_run_ends(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link())
    run_id = request_sync(tools, dana.who, integration_id, bulk=False)
    deactivate(tools, dana.who, integration_id)
    assert due_at(tools, integration_id) is None
    with tools.db.read() as session:
        run = session.get(Run, run_id)
    assert run
    assert (run.state, run.error) == (RunState.STOPPED, "not_active")
    clock.move(timedelta(hours=2))
    activate(tools, dana.who, integration_id)
    assert due_at(tools, integration_id) == clock.now() + SWITCH_DELAY
    assert get_row(tools, integration_id).absent_since is None


def test_after_a_long_absence_removals_wait_for_a_look(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link())
    synced_at = clock.now()
    with tools.db.begin() as session:
        session.merge(get_row(tools, integration_id)).checked_at = synced_at
    deactivate(tools, dana.who, integration_id)
    clock.move(timedelta(hours=25))
    activate(tools, dana.who, integration_id)
    assert get_row(tools, integration_id).absent_since == synced_at


def test_deleting_keeps_our_copies_unless_asked_and_ends_the_access(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    first, last = (integrate(tools, dana, account_id, name) for name in ("Work", "Personal"))
    link_id = add_link(tools, dana, first, add_item(tools, dana))
    assert delete_integration(tools, dana.who, first) is Copies.STAY
    assert get_link(tools, link_id).state is LinkState.PARKED
    assert due_at(tools, first) is None
    assert [view.id for view in list_integration_views(tools, dana.who)] == [last]
    assert list_linked(tools, dana.who)
    assert waiting_revocations(tools, dana) == []
    delete_integration(tools, dana.who, last)
    assert list_linked(tools, dana.who) == []
    assert len(waiting_revocations(tools, dana)) == 1


def test_copies_are_deleted_before_the_access_ends(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    integration_id = integrate(tools, dana, link())
    sent = add_link(tools, dana, integration_id, add_item(tools, dana))
    brought = add_link(tools, dana, integration_id, add_item(tools, dana), origin=Origin.BROUGHT)
    with pytest.raises(NotPossible) as error:
        delete_integration(tools, dana.who, integration_id, copies=Copies.GO, confirmed=2)
    assert refusal(error) == Refusal.NUMBER_CHANGED
    deactivate(tools, dana.who, integration_id)
    done = delete_integration(tools, dana.who, integration_id, copies=Copies.GO, confirmed=1)
    assert done is Copies.GO
    assert get_link(tools, sent).wish is Wish.DELETE_COPY
    assert get_link(tools, brought).wish is None
    assert list_integration_views(tools, dana.who) == []
    # The engine still has the account, and is to work at once.
    assert due_at(tools, integration_id) == clock.now()
    assert list_linked(tools, dana.who)
    finish_deletion(tools, dana.who.tenant_id, integration_id)
    assert due_at(tools, integration_id) is None
    assert list_linked(tools, dana.who) == []
    finish_deletion(tools, dana.who.tenant_id, integration_id)


def test_an_integration_of_a_dead_account_can_be_deleted(
    tools: Tools, dana: Person, link: Link, sandbox: RunningSandbox
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    sent = add_link(tools, dana, integration_id, add_item(tools, dana))
    sandbox.fault("token_revoked")
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    done = delete_integration(tools, dana.who, integration_id, copies=Copies.GO, confirmed=1)
    assert done is Copies.STAY
    assert (get_link(tools, sent).state, get_link(tools, sent).wish) == (LinkState.PARKED, None)
    assert list_linked(tools, dana.who) == []


def test_copies_that_can_never_be_deleted_hold_nothing_up(
    tools: Tools, dana: Person, link: Link, sandbox: RunningSandbox
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    sent = add_link(tools, dana, integration_id, add_item(tools, dana))
    delete_integration(tools, dana.who, integration_id, copies=Copies.GO, confirmed=1)
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/disconnect")
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    # The user may sign in again, so they are not given up yet.
    assert get_link(tools, sent).wish is Wish.DELETE_COPY
    sandbox.fault("token_revoked")
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    assert get_link(tools, sent).wish is None
    assert list_linked(tools, dana.who) == []


def test_what_was_deleted_is_taken_over_when_its_calendar_is_linked_again(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    task = add_link(tools, dana, integration_id, add_item(tools, dana, Kind.TASK))
    todo = add_link(tools, dana, integration_id, add_item(tools, dana, Kind.TODO))
    buried = add_link(tools, dana, integration_id, add_item(tools, dana), state=LinkState.TOMBSTONE)
    with tools.db.begin() as session:
        session.add(
            JudgedEvent(
                tenant_id=dana.who.tenant_id,
                integration_id=integration_id,
                event_uid="evt_old",
                reason="baseline",
                judged_at=clock.now(),
            )
        )
    delete_integration(tools, dana.who, integration_id)
    clock.move(timedelta(days=90))
    assert integrate(tools, dana, link(), options=NO_TASKS) == integration_id
    row = get_row(tools, integration_id)
    assert (row.deleted_at, row.cursor, row.has_baseline) == (None, None, False)
    assert row.create_since == clock.now()
    assert get_link(tools, task).state is LinkState.PARKED
    assert get_link(tools, task).wish is None
    assert get_link(tools, todo).wish is Wish.AGREE
    assert get_link(tools, buried).state is LinkState.TOMBSTONE
    with tools.db.read() as session:
        assert session.get(JudgedEvent, (integration_id, "evt_old"))


def test_a_calendar_with_another_id_is_known_again_by_its_names(
    tools: Tools, dana: Person, link: Link
) -> None:
    integration_id = integrate(tools, dana, link())
    delete_integration(tools, dana.who, integration_id)
    account_id = link()
    calendar_id = calendar_of(tools, dana, account_id)
    with tools.db.begin() as session:
        session.merge(get_row(tools, integration_id)).calendar_id = "cal_of_before"
    assert integrate(tools, dana, account_id) == integration_id
    assert get_row(tools, integration_id).calendar_id == calendar_id
    # Another calendar of that mailbox, and the same name elsewhere, are something new.
    assert integrate(tools, dana, account_id, "Personal") != integration_id


def test_copies_that_were_to_go_stay_where_the_calendar_is_linked_again_first(
    tools: Tools, dana: Person, link: Link
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    sent = add_link(tools, dana, integration_id, add_item(tools, dana))
    delete_integration(tools, dana.who, integration_id, copies=Copies.GO, confirmed=1)
    assert integrate(tools, dana, account_id) == integration_id
    assert get_link(tools, sent).wish is Wish.AGREE
    finish_deletion(tools, dana.who.tenant_id, integration_id)
    assert list_integration_views(tools, dana.who)


def test_integrations_stay_not_connected_when_their_account_is_disconnected(
    tools: Tools, dana: Person, link: Link, clock: FakeClock
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    doomed = integrate(tools, dana, account_id, "Personal")
    sent = add_link(tools, dana, doomed, add_item(tools, dana))
    delete_integration(tools, dana.who, doomed, copies=Copies.GO, confirmed=1)
    disconnect(tools, dana.who, account_id)
    [view] = list_integration_views(tools, dana.who)
    assert (view.id, view.stop, view.is_connected) == (integration_id, Stop.NOT_CONNECTED, False)
    assert view.integration.is_active
    assert due_at(tools, integration_id) is None
    assert get_link(tools, sent).wish is None
    with pytest.raises(NotPossible) as error:
        request_sync(tools, dana.who, integration_id, bulk=False)
    assert refusal(error) == Refusal.NOT_CONNECTED
    # Another mailbox is not theirs; the same one is.
    link("dana@office365.example")
    assert not list_integration_views(tools, dana.who)[0].is_connected
    clock.move(timedelta(minutes=1))
    link()
    [view] = list_integration_views(tools, dana.who)
    assert (view.id, view.is_connected) == (integration_id, True)
    assert due_at(tools, integration_id) == clock.now()


def test_an_account_that_works_again_wakes_its_integrations(
    tools: Tools, dana: Person, link: Link, sandbox: RunningSandbox, clock: FakeClock
) -> None:
    account_id = link()
    integration_id = integrate(tools, dana, account_id)
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/disconnect")
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    assert get_integration_view(tools, dana.who, integration_id).stop is Stop.NOT_CONNECTED
    clock.move(timedelta(hours=30))
    with tools.db.begin() as session:
        due_rows.drop(session, dana.who.tenant_id, DueKind.SYNC, integration_id)
    sandbox.control("POST", f"/profiles/{profile}/reconnect")
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    assert get_integration_view(tools, dana.who, integration_id).stop is None
    assert due_at(tools, integration_id) == clock.now()


def test_what_is_danas_is_nothing_to_others(
    tools: Tools, dana: Person, sam: Person, mallory: Person, link: Link
) -> None:
    integration_id = integrate(tools, dana, link())
    for person in (sam, mallory):
        assert list_integration_views(tools, person.who) == []
        for act in (
            get_integration_view,
            activate,
            deactivate,
            count_copies_to_go,
            delete_integration,
        ):
            with pytest.raises(NotThere):
                act(tools, person.who, integration_id)
        with pytest.raises(NotThere):
            change_options(tools, person.who, integration_id, EVERYTHING)
    assert get_integration_view(tools, dana.who, integration_id).integration.is_active
