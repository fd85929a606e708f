"""Who may do what with an item."""

from enum import Enum, auto


class Relation(Enum):
    """What somebody of the tenant is to an item; the first that fits counts."""

    #: It is assigned to them.
    ASSIGNEE = auto()
    #: They are a dispatcher or an administrator.
    DISPATCHER = auto()
    COLLEAGUE = auto()


class Nature(Enum):
    """What matters about an item here."""

    PRIVATE = auto()
    #: A service call stands on its ticket, which everybody of the tenant works with.
    SERVICE_CALL = auto()
    ORDINARY = auto()


class Right(Enum):
    """What one can be allowed to do."""

    #: Know that it is there, and when.
    SEE = auto()
    #: Read what it is about.
    READ = auto()
    CHANGE = auto()
    ASSIGN = auto()
    DELETE = auto()


_ALL = frozenset(Right)
_NONE: frozenset[Right] = frozenset()

#: A private item is its assignees' own: a dispatcher sees that they are busy, and no more.
RIGHTS: dict[tuple[Relation, Nature], frozenset[Right]] = {
    (Relation.ASSIGNEE, Nature.PRIVATE): _ALL,
    (Relation.ASSIGNEE, Nature.SERVICE_CALL): _ALL,
    (Relation.ASSIGNEE, Nature.ORDINARY): _ALL,
    (Relation.DISPATCHER, Nature.PRIVATE): frozenset({Right.SEE}),
    (Relation.DISPATCHER, Nature.SERVICE_CALL): _ALL,
    (Relation.DISPATCHER, Nature.ORDINARY): _ALL,
    (Relation.COLLEAGUE, Nature.PRIVATE): _NONE,
    (Relation.COLLEAGUE, Nature.SERVICE_CALL): frozenset({Right.SEE, Right.READ}),
    (Relation.COLLEAGUE, Nature.ORDINARY): _NONE,
}


def rights_of(relation: Relation, *, is_private: bool, is_service_call: bool) -> frozenset[Right]:
    """Return what somebody in this relation may do with such an item."""
    if is_private:
        nature = Nature.PRIVATE
    else:
        nature = Nature.SERVICE_CALL if is_service_call else Nature.ORDINARY
    return RIGHTS[relation, nature]
