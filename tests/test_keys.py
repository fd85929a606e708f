"""Sealing: what opens where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.keys import Keyring, SealBroken

OLD, NEW = ("old", b"\x01" * 32), ("new", b"\x02" * 32)
HERE = ("tenant", "table", "row", "column")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_what_is_sealed_opens_in_its_place(text: str):
    ring = Keyring([OLD])
    assert ring.open(ring.seal(text, HERE), HERE) == text


@pytest.mark.parametrize("position", range(4))
def test_it_opens_in_no_other_tenant_table_row_or_column(position: int):
    ring = Keyring([OLD])
    sealed = ring.seal("token", HERE)
    there = list(HERE)
    there[position] = "other"
    with pytest.raises(SealBroken):
        ring.open(sealed, there)


def test_places_that_would_read_alike_when_joined_are_not_alike():
    ring = Keyring([OLD])
    with pytest.raises(SealBroken):
        ring.open(ring.seal("token", ("ab", "c")), ("a", "bc"))


def test_one_flipped_bit_breaks_the_seal():
    ring = Keyring([OLD])
    sealed = ring.seal("token", HERE)
    for index in range(4, len(sealed)):
        other = "A" if sealed[index] != "A" else "B"
        broken = sealed[:index] + other + sealed[index + 1 :]
        with pytest.raises(SealBroken):
            ring.open(broken, HERE)


def test_the_first_key_seals_and_all_of_them_open():
    sealed_before = Keyring([OLD]).seal("token", HERE)
    both = Keyring([NEW, OLD])
    assert both.open(sealed_before, HERE) == "token"
    assert not both.is_current(sealed_before)
    sealed_after = both.seal("token", HERE)
    assert both.is_current(sealed_after)
    assert Keyring([NEW]).open(sealed_after, HERE) == "token"


@pytest.mark.parametrize("sealed", ["", "old", "old.", "old.!!", "other.AAAA", "old.é"])
def test_what_was_never_sealed_does_not_open(sealed: str):
    with pytest.raises(SealBroken):
        Keyring([OLD]).open(sealed, HERE)


def test_two_seals_of_one_text_differ():
    ring = Keyring([OLD])
    assert ring.seal("token", HERE) != ring.seal("token", HERE)
