"""Items over the API, as a PSA uses them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Program, appointment
from tests.cast import Person

MakeProgram = Callable[[Person], Program]


def errors_of(answer: Any) -> dict[str, str]:
    assert answer.content_type == "application/problem+json"
    return {each["field"]: each["code"] for each in answer.json["errors"]}


def test_an_item_that_was_made_is_read_back_as_it_was_sent(psa: Program, dana: Person):
    sent = appointment(
        description="Bring keys", location="Acme", private=True, busy=False,
        time_zone="Europe/London", reminder_minutes=15, rule="FREQ=WEEKLY;COUNT=3",
        external_id="psa-1",
    )  # fmt: skip
    answer = psa.post("/items", sent)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/items/{answer.json['id']}"
    assert answer.headers["ETag"] == '"1"'
    read = psa.get(answer.headers["Location"])
    assert read.json == answer.json
    assert {name: read.json[name] for name in sent} == sent
    assert read.json["assignees"] == [dana.who.user_id]
    assert read.json["version"] == 1
    assert read.json["deleted"] is False
    assert read.json["created_at"] == "2026-03-02T09:00:00Z"


def test_an_all_day_item_has_dates_and_its_end_is_the_day_after(psa: Program):
    made = psa.add(start="2026-03-03", end="2026-03-05", all_day=True)
    assert (made["start"], made["end"], made["all_day"]) == ("2026-03-03", "2026-03-05", True)


def test_a_time_with_another_offset_is_the_same_instant(psa: Program):
    made = psa.add(start="2026-03-03T12:00:00+02:00", end="2026-03-03t11:00:00.000z")
    assert (made["start"], made["end"]) == ("2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z")


def test_an_item_without_a_zone_is_in_the_users_own(psa: Program):
    assert psa.add()["time_zone"] == "Europe/London"


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"colour": "red"}, {"/colour": "unknown_field"}),
        ({"version": 7}, {"/version": "unknown_field"}),
        ({"tenant_id": "x"}, {"/tenant_id": "unknown_field"}),
        ({"user_id": "x", "id": "y"}, {"/user_id": "unknown_field", "/id": "unknown_field"}),
        ({"kind": "party"}, {"/kind": "unknown_choice"}),
        ({"kind": ["task"]}, {"/kind": "unknown_choice"}),
        ({"subject": "x" * 10_000}, {"/subject": "too_long"}),
        ({"subject": ""}, {"/subject": "missing"}),
        ({"subject": None}, {"/subject": "null"}),
        ({"subject": "a\0b"}, {"/subject": "not_text"}),
        ({"subject": "\ud800"}, {"/subject": "not_text"}),
        ({"private": "yes"}, {"/private": "wrong_type"}),
        ({"reminder_minutes": True}, {"/reminder_minutes": "wrong_type"}),
        ({"reminder_minutes": -1}, {"/reminder_minutes": "out_of_range"}),
        ({"start": "2026-03-03T10:00:00"}, {"/start": "no_offset"}),
        ({"start": "tomorrow"}, {"/start": "wrong_type"}),
        ({"start": "2026-02-30T10:00:00Z"}, {"/start": "wrong_type"}),
        ({"start": "0001-01-01T00:00:00+14:00"}, {"/start": "out_of_range"}),
        ({"start": "2026-03-03T10:00:00.5Z"}, {"/start": "whole_seconds"}),
        ({"start": None}, {"/start": "missing"}),
        ({"end": "2026-03-03T09:00:00Z"}, {"/end": "before_start"}),
        ({"end": "2029-03-03T09:00:00Z"}, {"/end": "too_far"}),
        ({"all_day": True}, {"/start": "not_a_date", "/end": "not_a_date"}),
        ({"start": "2026-03-03"}, {"/start": "not_a_time"}),
        ({"start": "2026-03-03", "end": "2026-03-03", "all_day": True}, {"/end": "before_start"}),
        ({"time_zone": "Mars/Olympus"}, {"/time_zone": "unknown_zone"}),
        ({"rule": "FREQ=SECONDLY"}, {"/rule": "unsupported"}),
        ({"rule": "FREQ=DAILY;COUNT=100000"}, {"/rule": "too_many"}),
        ({"rule": "FREQ=DAILY;UNTIL=22000101"}, {"/rule": "too_many"}),
        ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, {"/rule": "never_occurs"}),
        ({"site": "HQ"}, {"/site": "not_of_this_kind"}),
        ({"kind": "service_call"}, {"/ticket": "missing"}),
        ({"kind": "crm_activity", "client": "0000000000000000"}, {"/client": "unknown"}),
        ({"assignees": []}, {"/assignees": "missing"}),
        ({"assignees": ["0000000000000000"]}, {"/assignees": "unknown"}),
        ({"assignees": ["x", 7]}, {"/assignees/1": "wrong_type"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_wrong_field_is_named(psa: Program, values: dict[str, Any], errors: dict[str, str]):
    answer = psa.post("/items", appointment(**values))
    assert answer.status_code == 422
    found = errors_of(answer)
    assert errors.items() <= found.items(), found
    assert psa.get("/items").json["items"] == []


def test_the_kind_is_required_and_never_changes(psa: Program):
    assert errors_of(psa.post("/items", {}))["/kind"] == "missing"
    made = psa.add()
    for change in (psa.put, psa.patch):
        answer = change(f"/items/{made['id']}", appointment(kind="todo"))
        assert errors_of(answer) == {"/kind": "fixed"}


def test_put_replaces_everything_and_patch_only_what_is_sent(psa: Program):
    made = psa.add(location="Acme", description="Keys")
    patched = psa.patch(f"/items/{made['id']}", {"location": "Elsewhere"}).json
    assert (patched["location"], patched["description"]) == ("Elsewhere", "Keys")
    assert patched["version"] == 2
    put = psa.put(f"/items/{made['id']}", appointment(subject="New")).json
    assert (put["subject"], put["location"], put["description"]) == ("New", "", "")
    assert put["version"] == 3
    assert psa.get(f"/items/{made['id']}").json == put


def test_a_patch_moves_an_item_to_a_whole_day_and_back(psa: Program):
    made = psa.add()
    day = {"all_day": True, "start": "2026-03-04", "end": "2026-03-05"}
    assert psa.patch(f"/items/{made['id']}", day).json["start"] == "2026-03-04"
    assert psa.patch(f"/items/{made['id']}", {"all_day": False}).status_code == 422
    hours = {"all_day": False, "start": made["start"], "end": made["end"]}
    assert psa.patch(f"/items/{made['id']}", hours).json["start"] == made["start"]


def test_a_change_of_an_old_version_is_refused(psa: Program):
    made = psa.add()
    where = f"/items/{made['id']}"
    assert psa.patch(where, {"location": "A"}, If_Match='"1"').status_code == 200
    for stale in ('"1"', '"99"', '"abc"', '"1", "7"', 'W/"2"', "", ",", '"', '""'):
        for method in ("PUT", "PATCH"):
            answer = psa.call(method, where, appointment(), If_Match=stale)
            assert answer.status_code == 412, (method, stale)
        assert psa.delete(where, If_Match=stale).status_code == 412
    assert psa.get(where).json["version"] == 2
    assert psa.put(where, appointment(), If_Match='"7", "2"').status_code == 200
    assert psa.put(where, appointment(), If_Match="*").status_code == 200
    assert psa.delete(where, If_Match='"4"').status_code == 204


def test_what_one_has_read_is_not_sent_again(psa: Program):
    made = psa.add()
    where = f"/items/{made['id']}"
    answer = psa.get(where, If_None_Match='"1"')
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", '"1"')
    psa.patch(where, {"location": "A"})
    assert psa.get(where, If_None_Match='"1"').status_code == 200


def test_what_is_deleted_is_gone(psa: Program):
    made = psa.add()
    answer = psa.delete(f"/items/{made['id']}")
    assert (answer.status_code, answer.data) == (204, b"")
    for method, body in (("GET", None), ("PUT", appointment()), ("PATCH", {}), ("DELETE", None)):
        assert psa.call(method, f"/items/{made['id']}", body).status_code == 404, method


def test_an_item_is_kept_by_the_psas_own_id(psa: Program):
    where = "/items/by-external-id/psa-7"
    made = psa.put(where, appointment())
    assert made.status_code == 201
    assert made.json["external_id"] == "psa-7"
    again = psa.put(where, appointment(subject="New"))
    assert again.status_code == 200
    assert (again.json["id"], again.json["subject"]) == (made.json["id"], "New")
    assert psa.put(where, appointment(), If_Match='"1"').status_code == 412
    assert psa.put(where, appointment(), If_Match='"2"').status_code == 200
    unknown = psa.put("/items/by-external-id/psa-8", appointment(), If_Match='"1"')
    assert unknown.status_code == 412
    other = psa.put(where, appointment(external_id="psa-8"))
    assert errors_of(other) == {"/external_id": "mismatch"}


def test_an_upsert_takes_an_item_out_of_the_bin(psa: Program):
    where = "/items/by-external-id/psa-7"
    made = psa.put(where, appointment()).json
    psa.delete(f"/items/{made['id']}")
    refused = psa.put(where, appointment(subject=""))
    assert refused.status_code == 422
    assert psa.get(f"/items/{made['id']}").status_code == 404, "Nothing is half saved."
    back = psa.put(where, appointment(subject="Back"))
    assert (back.status_code, back.json["id"], back.json["subject"]) == (200, made["id"], "Back")


def test_two_items_have_no_external_id_in_common(psa: Program, program: MakeProgram, sam: Person):
    psa.add(external_id="psa-1")
    assert psa.post("/items", appointment(external_id="psa-1")).status_code == 409
    sams = program(sam).add(external_id="sams")
    assert sams
    assert psa.put("/items/by-external-id/sams", appointment()).status_code == 409


def test_what_is_of_one_kind_is_not_put_in_place_of_another(
    program: MakeProgram, psa: Program, sam: Person
):
    where = "/items/by-external-id/psa-7"
    assert psa.put(where, appointment()).status_code == 201
    other = psa.put(where, {"kind": "todo", "subject": "Buy cable"})
    assert errors_of(other) == {"/kind": "fixed"}
    assert psa.delete(f"/items/{psa.get('/items').json['items'][0]['id']}").status_code == 204
    assert psa.put(where, {"kind": "todo", "subject": "Buy cable"}).status_code == 422
    assert psa.get("/items").json["items"] == []
    # Whoever may not see it does not learn its kind.
    program(sam).add(external_id="sams")
    assert psa.put("/items/by-external-id/sams", appointment(kind="todo")).status_code == 409


def test_an_external_id_of_another_tenant_is_free(
    psa: Program, program: MakeProgram, mallory: Person
):
    program(mallory).add(external_id="psa-1")
    assert psa.add(external_id="psa-1")


def test_a_dispatcher_learns_of_a_private_item_only_when_it_is(
    psa: Program, program: MakeProgram, sam: Person
):
    made = psa.add(private=True, subject="Doctor", description="x", location="y", external_id="z")
    seen = program(sam).get(f"/items/{made['id']}").json
    assert seen["subject"] == "Busy"
    assert (seen["start"], seen["end"], seen["private"]) == (made["start"], made["end"], True)
    hidden = ("description", "location", "external_id")
    assert [seen[name] for name in hidden] == ["", "", None]
    [listed] = program(sam).get("/items").json["items"]
    assert listed == seen
    for method in ("PUT", "PATCH"):
        answer = program(sam).call(method, f"/items/{made['id']}", appointment())
        assert answer.status_code == 403, method
    assert program(sam).delete(f"/items/{made['id']}").status_code == 403
    assert psa.get(f"/items/{made['id']}").json == made


def test_a_technician_puts_nothing_on_others_calendars(psa: Program, sam: Person):
    answer = psa.post("/items", appointment(assignees=[sam.who.user_id]))
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"


def test_a_dispatcher_assigns_work(program: MakeProgram, sam: Person, dana: Person, psa: Program):
    made = program(sam).add(assignees=[dana.who.user_id, sam.who.user_id])
    assert sorted(made["assignees"]) == sorted([dana.who.user_id, sam.who.user_id])
    kept = program(sam).put(f"/items/{made['id']}", appointment()).json
    assert sorted(kept["assignees"]) == sorted(made["assignees"])
    assert psa.get(f"/items/{made['id']}").json == kept


def test_a_service_call_is_called_as_its_ticket(psa: Program, program: MakeProgram, sam: Person):
    client = program(sam).post("/clients", {"name": "Globex"}).json
    ticket = psa.post("/tickets", {"title": "No mail", "client": client["id"]}).json
    made = psa.add(kind="service_call", ticket=ticket["id"], subject="ignored", site="HQ")
    assert made["subject"] == f"{ticket['reference']} No mail (Globex)"
    assert (made["ticket"], made["client"], made["site"]) == (ticket["id"], client["id"], "HQ")
    psa.patch(f"/tickets/{ticket['id']}", {"title": "No mail at all"})
    assert "No mail at all" in psa.get(f"/items/{made['id']}").json["subject"]
    assert psa.patch(f"/items/{made['id']}", {"site": "Dock"}).json["site"] == "Dock"
