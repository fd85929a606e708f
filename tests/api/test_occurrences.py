"""Single occurrences of a series, and the bin, over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import Program, appointment
from tests.api.test_items import errors_of
from tests.cast import Person
from tests.clocks import FakeClock

MakeProgram = Callable[[Person], Program]
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
SECOND, THIRD = "2026-03-10T10:00", "2026-03-17T10:00"


@pytest.fixture
def series(psa: Program) -> dict[str, Any]:
    """Return an appointment on four Tuesdays at ten."""
    return psa.add(rule="FREQ=WEEKLY;COUNT=4", time_zone="Europe/London", subject="Standup")


@pytest.fixture
def where(series: dict[str, Any]) -> str:
    return f"/items/{series['id']}/occurrences"


def starts(program: Program, item_id: str) -> list[str]:
    answer = program.get(f"/items/{item_id}/occurrences?{MARCH}")
    assert answer.status_code == 200, answer.text
    return [each["start"][5:16] for each in answer.json["occurrences"]]


def test_what_takes_place_in_a_range_is_listed(psa: Program, series: dict[str, Any], where: str):
    [first, *_, last] = psa.get(f"{where}?{MARCH}").json["occurrences"]
    assert (first["key"], last["key"]) == ("2026-03-03T10:00", "2026-03-24T10:00")
    assert (first["item"], first["version"]) == (series["id"], 1)
    assert (first["subject"], first["changed"]) == ("Standup", [])
    short = psa.get(f"{where}?from=2026-03-10T00:00:00Z&to=2026-03-11T00:00:00Z").json
    assert [each["key"] for each in short["occurrences"]] == [SECOND]
    one = psa.get(f"{where}/{SECOND}")
    assert one.json == short["occurrences"][0]
    assert one.headers["ETag"] == '"1"'
    assert psa.get(f"{where}/{SECOND}", If_None_Match='"1"').status_code == 304


def test_one_occurrence_is_changed_and_stands_in_the_exceptions(
    psa: Program, series: dict[str, Any], where: str
):
    moved = {"start": "2026-03-11T12:00:00Z", "end": "2026-03-11T13:00:00Z", "subject": "Demo"}
    answer = psa.patch(f"{where}/{SECOND}", moved, If_Match='"1"')
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == '"2"'
    changes = {**moved, "all_day": False}
    assert answer.json["exceptions"] == [{"key": SECOND, "removed": False, "changes": changes}]
    assert answer.json == psa.get(f"/items/{series['id']}").json
    assert psa.get("/items").json["items"] == [answer.json]
    assert (answer.json["subject"], answer.json["start"]) == ("Standup", series["start"])
    shown = psa.get(f"{where}/{SECOND}").json
    assert {name: shown[name] for name in moved} == moved
    assert shown["changed"] == ["all_day", "end", "start", "subject"]
    assert starts(psa, series["id"]) == [
        "03-03T10:00", "03-11T12:00", "03-17T10:00", "03-24T10:00",
    ]  # fmt: skip


@ONE_DATABASE
@pytest.mark.parametrize("rule", ["RRULE:FREQ=DAILY;COUNT=3", " count=3;freq=daily; "])
def test_a_rule_is_kept_as_others_read_it_however_it_was_written(psa: Program, rule: str):
    made = psa.add(rule=rule)
    assert made["rule"] == "FREQ=DAILY;COUNT=3"
    one = f"/items/{made['id']}/occurrences/{made['start'][:16]}"
    # Sent again, it is still the rule that there is, and one occurrence may be changed.
    answer = psa.patch(one, {"rule": rule, "subject": "Demo"})
    assert (answer.status_code, answer.json["rule"]) == (200, "FREQ=DAILY;COUNT=3")
    answer = psa.patch(f"/items/{made['id']}", {"rule": rule.replace("3", "4")})
    assert (answer.status_code, answer.json["rule"]) == (200, "FREQ=DAILY;COUNT=4")


def test_this_and_the_following_become_an_item_of_their_own(
    psa: Program, series: dict[str, Any], where: str
):
    moved = {"start": "2026-03-18T11:00:00Z", "end": "2026-03-18T12:00:00Z"}
    later = psa.patch(f"{where}/{THIRD}?scope=following", moved, Idempotency_Key="k").json
    assert later["id"] != series["id"]
    assert starts(psa, later["id"]) == ["03-18T11:00", "03-25T11:00"]
    assert starts(psa, series["id"]) == ["03-03T10:00", "03-10T10:00"]
    again = psa.patch(f"{where}/{THIRD}?scope=following", moved, Idempotency_Key="k")
    assert (again.status_code, again.json) == (200, later)
    assert len(psa.get("/items").json["items"]) == 2


def test_all_follow_one_that_is_moved(psa: Program, series: dict[str, Any], where: str):
    moved = {"start": "2026-03-11T09:30:00Z", "end": "2026-03-11T10:30:00Z", "location": "Here"}
    answer = psa.patch(f"{where}/{SECOND}?scope=all", moved)
    assert (answer.json["id"], answer.json["location"]) == (series["id"], "Here")
    assert starts(psa, series["id"]) == [
        "03-04T09:30", "03-11T09:30", "03-18T09:30", "03-25T09:30",
    ]  # fmt: skip


def test_occurrences_are_removed(psa: Program, series: dict[str, Any], where: str):
    assert psa.delete(f"{where}/{SECOND}", If_Match='"1"').status_code == 204
    [removed] = psa.get(f"/items/{series['id']}").json["exceptions"]
    assert removed == {"key": SECOND, "removed": True, "changes": {}}
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert psa.call(method, f"{where}/{SECOND}", body).status_code == 404, method
    assert psa.delete(f"{where}/{THIRD}?scope=following").status_code == 204
    assert starts(psa, series["id"]) == ["03-03T10:00"]
    assert psa.delete(f"{where}/2026-03-03T10:00").status_code == 204
    assert psa.get(f"/items/{series['id']}").status_code == 404
    assert [i["id"] for i in psa.get("/items?deleted=true").json["items"]] == [series["id"]]


def test_nothing_is_changed_by_a_stale_or_wrong_request(
    psa: Program, series: dict[str, Any], where: str
):
    place = f"{where}/{SECOND}"
    for method, body in (("PATCH", {"subject": "x"}), ("DELETE", None)):
        assert psa.call(method, place, body, If_Match='"7"').status_code == 412
    wrong = {
        "start": ({"start": "2026-03-11T12:00:00Z"}, {"/end": "before_start"}),
        "rule": ({"rule": "FREQ=DAILY"}, {"/rule": "of_whole_series"}),
        "private": ({"private": True}, {"/private": "of_whole_series"}),
        "external": ({"external_id": "x"}, {"/external_id": "of_whole_series"}),
        "kind": ({"kind": "todo"}, {"/kind": "fixed"}),
        "subject": ({"subject": ""}, {"/subject": "missing"}),
    }
    for values, errors in wrong.values():
        answer = psa.patch(place, values)
        assert answer.status_code == 422
        assert errors_of(answer) == errors
    assert errors_of(psa.patch(f"{place}?scope=some", {})) == {"?scope": "unknown_choice"}
    for key in ("2026-03-11T10:00", "x", "2026-03-10T10:00:00.0000000000"):
        assert psa.patch(f"{where}/{key}", {}).status_code == 404
        assert psa.get(f"{where}/{key}").status_code == 404
    assert psa.get(f"/items/{series['id']}").json == series


@ONE_DATABASE
def test_a_range_has_bounds(psa: Program, where: str):
    start = "from=2026-03-01T00:00:00Z"
    assert errors_of(psa.get(f"{where}?{start}")) == {"?to": "missing"}
    for end, code in (("2026-02-01", "before_start"), ("2027-03-03", "too_far")):
        answer = psa.get(f"{where}?{start}&to={end}T00:00:00Z")
        assert errors_of(answer) == {"?to": code}


@ONE_DATABASE
def test_others_learn_only_when_a_private_series_is(
    psa: Program, program: MakeProgram, sam: Person, mallory: Person, where: str
):
    item = where.removesuffix("/occurrences")
    psa.patch(f"{where}/{SECOND}", {"subject": "Doctor", "location": "Ward 3"})
    assert program(mallory).get(f"{where}?{MARCH}").status_code == 404
    psa.patch(item, {"private": True})
    dispatcher = program(sam)
    answers = [dispatcher.get(path) for path in (item, f"{where}/{SECOND}", f"{where}?{MARCH}")]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert not any("Doctor" in answer.text or "Ward" in answer.text for answer in answers)
    assert len(answers[2].json["occurrences"]) == 4
    assert dispatcher.patch(f"{where}/{SECOND}", {}).status_code == 403
    assert dispatcher.delete(f"{where}/{SECOND}").status_code == 403


@ONE_DATABASE
def test_what_does_not_repeat_has_no_occurrences(psa: Program):
    made = psa.add()
    assert starts(psa, made["id"]) == []
    assert psa.get(f"/items/{made['id']}/occurrences/{SECOND}").status_code == 404


def test_the_bin_is_listed_and_gives_back(psa: Program, clock: FakeClock):
    kept, made = psa.add(), psa.add()
    where = f"/items/{made['id']}"
    psa.delete(where)
    [binned] = psa.get("/items?deleted=true").json["items"]
    assert (binned["id"], binned["deleted"], binned["version"]) == (made["id"], True, 2)
    since = "/items?updated_since=1970-01-01T00:00:00Z&deleted=false"
    assert [item["id"] for item in psa.get(since).json["items"]] == [kept["id"]]
    assert psa.call("POST", f"{where}/restore", If_Match='"1"').status_code == 412
    back = psa.call("POST", f"{where}/restore", If_Match='"2"')
    assert (back.status_code, back.json["deleted"], back.json["version"]) == (200, False, 3)
    assert psa.get(where).json == back.json
    again = psa.call("POST", f"{where}/restore")
    assert (again.status_code, again.json) == (200, back.json)
    psa.delete(where)
    clock.move(timedelta(days=31))
    assert psa.call("POST", f"{where}/restore").status_code == 404
    assert psa.get("/items?deleted=true").json["items"] == []


@ONE_DATABASE
def test_only_who_may_delete_restores(
    psa: Program, program: MakeProgram, sam: Person, mallory: Person
):
    made = psa.add(private=True)
    psa.delete(f"/items/{made['id']}")
    assert program(sam).call("POST", f"/items/{made['id']}/restore").status_code == 403
    assert program(mallory).call("POST", f"/items/{made['id']}/restore").status_code == 404
    assert psa.post("/items", appointment(rule="FREQ=DAILY"), Idempotency_Key="k").json
