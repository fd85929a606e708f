"""That the ledger can fail: one promise kept, and one broken in each way."""

import pytest

from tests.long.ledger import Entry, Ledger, Row, Side, judge, judge_put_back


@pytest.fixture
def ledger() -> Ledger:
    return Ledger("dana")


def make(ledger: Ledger, *, edits: int = 1, home: Side = Side.HERE) -> Entry:
    """Return an entry of which so many edits were acknowledged."""
    entry = ledger.open_entry(home)
    for _ in range(edits):
        ledger.acknowledge(entry, ledger.next_edit(entry))
    return entry


def row(entry: Entry, number: int) -> Row:
    return entry.title(number), entry.place(number)


def test_what_was_acknowledged_and_stands_on_both_sides_is_right(ledger: Ledger):
    entry = make(ledger, edits=2)
    assert judge(ledger, [row(entry, 2)], [row(entry, 2), ("Stand-up", None)]) == []


def test_an_edit_that_was_not_answered_may_stand_or_not(ledger: Ledger):
    entry = make(ledger)
    ledger.next_edit(entry)
    for number in (1, 2):
        assert judge(ledger, [row(entry, number)], [row(entry, number)]) == []


def test_an_acknowledged_edit_that_never_came_about_is_found(ledger: Ledger):
    entry = make(ledger, edits=2)
    found = judge(ledger, [row(entry, 1)], [row(entry, 1)])
    assert found == [f"{entry.tag} is lost {side}: 1 stands, and not [2]." for side in Side]


def test_an_entry_that_stands_nowhere_is_found(ledger: Ledger):
    entry = make(ledger)
    assert len(judge(ledger, [], [])) == 2
    assert f"{entry.tag} differs: 1 here, 0 there." in judge(ledger, [row(entry, 1)], [])


def test_a_double_is_found(ledger: Ledger):
    entry = make(ledger)
    found = judge(ledger, [row(entry, 1)], [row(entry, 1)] * 2)
    assert found == [f"{entry.tag} stands 2 times there."]


def test_what_was_deleted_and_stands_again_is_found(ledger: Ledger):
    entry = make(ledger)
    ledger.acknowledge(entry, ledger.try_removal(entry))
    assert judge(ledger, [], []) == []
    assert len(judge(ledger, [row(entry, 1)], [row(entry, 1)])) == 2


def test_half_an_edit_is_found(ledger: Ledger):
    entry = make(ledger, edits=2)
    torn = entry.title(2), entry.place(1)
    assert f"{entry.tag} is torn there: 2 takes place in Room 1." in judge(
        ledger, [row(entry, 2)], [torn]
    )


def test_what_nobody_made_is_found(ledger: Ledger):
    stranger = Entry("entry-dana-9", Side.HERE, Side.HERE)
    assert judge(ledger, [], [row(stranger, 1)]) == [
        "entry-dana-9 stands there, and nobody made it."
    ]


class TestPutBack:
    """What is asked of a database that was put back."""

    def test_an_edit_made_here_since_may_be_lost_and_its_copy_stays(self, ledger: Ledger):
        entry = make(ledger, edits=2)
        before = {Side.HERE: [], Side.THERE: [row(entry, 2)]}
        assert judge_put_back([entry], before, before) == []

    @pytest.mark.parametrize("side", list(Side))
    def test_a_deletion_that_nobody_made_is_found(self, ledger: Ledger, side: Side):
        entry = make(ledger)
        before = {each: [row(entry, 1)] for each in Side}
        assert judge_put_back([entry], before, before) == []
        found = judge_put_back([entry], before, {**before, side: []})
        assert f"{entry.tag} was deleted {side}." in found

    def test_a_double_is_found(self, ledger: Ledger):
        entry = make(ledger)
        before = {each: [row(entry, 1)] for each in Side}
        found = judge_put_back([entry], before, {**before, Side.HERE: [row(entry, 1)] * 2})
        assert f"{entry.tag} stands 2 times here." in found

    def test_sides_that_do_not_agree_are_found(self, ledger: Ledger):
        entry = make(ledger, edits=2)
        before = {Side.HERE: [row(entry, 1)], Side.THERE: [row(entry, 2)]}
        assert len(judge_put_back([entry], before, before)) == 1

    def test_what_differs_from_a_copy_that_was_adopted_counts_as_agreed(self, ledger: Ledger):
        entry = make(ledger, edits=2)
        before = {Side.HERE: [row(entry, 1)], Side.THERE: [row(entry, 2)]}
        assert judge_put_back([entry], before, before, {entry.tag}) == []
        gone = {**before, Side.THERE: []}
        assert judge_put_back([entry], before, gone, {entry.tag}) == [
            f"{entry.tag} was deleted there."
        ]
