"""Every kind in both directions, with each switch on and off."""

from dataclasses import replace

import pytest

from calsync.core.item import ItemStatus, Kind
from calsync.db.models import Item
from tests.services.sync.makings import add_of
from tests.services.sync.office import EVERYTHING, HOUR, ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE
EACH_KIND = pytest.mark.parametrize("kind", list(Kind))


@EACH_KIND
@pytest.mark.parametrize("is_ticked", [True, False])
def test_an_item_is_sent_only_if_its_kind_is_ticked(
    make_office: MakeOffice, kind: Kind, is_ticked: bool
):
    kinds = frozenset({kind}) if is_ticked else frozenset(Kind) - {kind}
    office = make_office(options=replace(EVERYTHING, kinds=kinds))
    _, title = add_of(office, kind)
    office.sync()
    assert office.summaries() == ([title] if is_ticked else [])


@EACH_KIND
def test_a_change_and_a_deletion_here_go_there_for_each_kind(office: Office, kind: Kind):
    item, title = add_of(office, kind)
    office.sync()
    office.change(item, times=office.at(3), description="Bring cables")
    office.sync()
    event = office.event(title)
    assert event["start"] == office.wire(office.day + 3 * HOUR)
    assert event["description"].startswith("Bring cables")
    office.delete(item)
    office.sync()
    assert office.summaries() == []
    assert office.subjects() == []


@EACH_KIND
@pytest.mark.parametrize("takes_update", [True, False])
def test_a_new_time_there_comes_in_for_each_kind_only_with_update(
    make_office: MakeOffice, kind: Kind, takes_update: bool
):
    office = make_office(options=replace(EVERYTHING, takes_update=takes_update))
    item, title = add_of(office, kind)
    office.sync()
    office.edit(office.uid(title), **office.moved(2))
    writes = office.writes()
    office.sync()
    moved = office.day + 2 * HOUR
    assert office.item(item).starts_at == (moved if takes_update else office.day)
    assert office.event(title)["start"] == office.wire(moved)
    assert office.writes() == writes
    assert ("update_off" in office.why(item)) is not takes_update


def _stands(item: Item) -> bool:
    return item.deleted_at is None and item.starts_at is not None


#: What is left of an item whose copy was deleted there (docs/sync.md 4).
REMAINS = {
    Kind.APPOINTMENT: lambda item: item.deleted_at is not None,
    Kind.TODO: lambda item: item.deleted_at is not None,
    Kind.CRM_ACTIVITY: lambda item: _stands(item) and item.status is ItemStatus.CANCELLED,
    Kind.SERVICE_CALL: lambda item: _stands(item) and item.status is ItemStatus.CANCELLED,
    Kind.TASK: lambda item: item.deleted_at is None and item.starts_at is None,
}


@EACH_KIND
@pytest.mark.parametrize("takes_delete", [True, False])
def test_a_removal_there_does_to_each_kind_what_it_bears_only_with_delete(
    make_office: MakeOffice, kind: Kind, takes_delete: bool
):
    office = make_office(options=replace(EVERYTHING, takes_delete=takes_delete))
    item, title = add_of(office, kind)
    office.sync()
    office.remove(office.uid(title))
    writes = office.writes()
    office.sync()
    office.sync()
    left = office.item(item)
    if takes_delete:
        assert REMAINS[kind](left)
    else:
        assert _stands(left)
        assert left.status is ItemStatus.OPEN
        assert "delete_off" in office.why(item)
    assert office.writes() == writes
    assert office.summaries() == []


@EACH_KIND
def test_an_edit_there_brings_back_what_was_deleted_here_only_where_it_is_not_work(
    office: Office, kind: Kind
):
    item, title = add_of(office, kind)
    office.sync()
    office.delete(item)
    office.edit(office.uid(title), description="Wait for me")
    office.sync()
    comes_back = kind in (Kind.APPOINTMENT, Kind.TODO)
    assert (office.item(item).deleted_at is None) is comes_back
    assert office.summaries() == ([title] if comes_back else [])


@EACH_KIND
@pytest.mark.parametrize("takes_delete", [True, False])
def test_an_edit_here_wins_over_a_removal_there_for_each_kind_only_with_delete(
    make_office: MakeOffice, kind: Kind, takes_delete: bool
):
    office = make_office(options=replace(EVERYTHING, takes_delete=takes_delete))
    item, title = add_of(office, kind)
    office.sync()
    office.change(item, description="Bring cables")
    office.remove(office.uid(title))
    office.sync()
    assert office.summaries() == ([title] if takes_delete else [])
    assert office.item(item).deleted_at is None
    assert office.item(item).description == "Bring cables"
