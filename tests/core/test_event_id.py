"""The ids that our copies have in linked calendars."""

import pytest

from calsync.core.event_id import CopyName, event_id_of, read_event_id


def test_an_id_says_whose_copy_it_is():
    assert read_event_id(event_id_of("i", "n", "2026-03-03", 7)) == CopyName(
        "i", "n", "2026-03-03", 7
    )


@pytest.mark.parametrize("generation", ["", "x", "-1", "²", "9" * 5000])
def test_an_id_whose_number_is_none_is_none_of_ours(generation: str):
    ours = event_id_of("i", "n", "", 1)
    assert read_event_id(ours[:-1] + generation) is None
