"""The choices of an integration, and their form in its row."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.item import Kind
from calsync.core.options import Options, dump_options, find_faults, load_options
from calsync.core.pair import Policy
from calsync.core.window import FutureRange, PastRange

choices = st.builds(
    Options,
    takes_create=st.booleans(),
    takes_update=st.booleans(),
    takes_delete=st.booleans(),
    kinds=st.sets(st.sampled_from(Kind)).map(frozenset),
    past=st.sampled_from(PastRange),
    future=st.sampled_from(FutureRange),
    sends=st.booleans(),
    policy=st.sampled_from(Policy),
    sends_foreign=st.booleans(),
    moves_meetings=st.booleans(),
)


@given(choices)
def test_choices_are_read_as_they_were_written(options: Options):
    assert load_options(json.loads(json.dumps(dump_options(options)))) == options


def test_nothing_is_chosen_at_first():
    assert load_options({}) == Options()
    assert find_faults(Options()) == ("nothing_flows",)


@pytest.mark.parametrize(
    "options",
    [
        Options(takes_delete=True),
        Options(kinds=frozenset({Kind.TODO})),
        Options(past=PastRange.ONE_WEEK),
    ],
)
def test_whatever_lets_something_flow_is_enough(options: Options):
    assert find_faults(options) == ()


def test_sending_without_a_kind_to_send_is_pointed_out():
    assert find_faults(Options(takes_create=True, sends=True)) == ("nothing_to_send",)


def test_a_choice_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="whenever"):
        load_options({"past": "whenever"})
