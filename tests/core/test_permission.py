"""Who may do what with an item."""

from itertools import product

import pytest

from calsync.core.permission import RIGHTS, Nature, Relation, Right, rights_of


def test_every_relation_to_every_item_has_its_rights() -> None:
    assert set(RIGHTS) == set(product(Relation, Nature))
    assert all(rights <= set(Right) for rights in RIGHTS.values())


def test_who_has_an_item_may_do_everything_with_it() -> None:
    assert {RIGHTS[Relation.ASSIGNEE, nature] == set(Right) for nature in Nature} == {True}


@pytest.mark.parametrize("is_service_call", [True, False])
def test_a_dispatcher_may_do_everything_but_look_into_private_items(
    *, is_service_call: bool
) -> None:
    private, other = (
        rights_of(Relation.DISPATCHER, is_private=is_private, is_service_call=is_service_call)
        for is_private in (True, False)
    )
    assert private == {Right.SEE}
    assert other == set(Right)


@pytest.mark.parametrize(
    ("is_private", "is_service_call", "rights"),
    [
        (False, False, set()),
        (True, False, set()),
        (True, True, set()),
        (False, True, {Right.SEE, Right.READ}),
    ],
)
def test_a_colleague_reads_service_calls_alone(
    *, is_private: bool, is_service_call: bool, rights: set[Right]
) -> None:
    found = rights_of(Relation.COLLEAGUE, is_private=is_private, is_service_call=is_service_call)
    assert found == rights


def test_nobody_may_do_anything_with_what_they_may_not_see() -> None:
    for rights in RIGHTS.values():
        assert not rights or Right.SEE in rights
        assert Right.READ in rights or rights <= {Right.SEE}
