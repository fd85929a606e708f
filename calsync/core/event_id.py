"""The ids that our copies have at Cronofy.

An id names the integration, the entry and the generation: after a restore of the database a
copy still says whose it is (docs/sync.md 6). It is never used again after its event was deleted.
"""

from dataclasses import dataclass

from calsync.core.whole_number import read_whole_number

_PREFIX = "calsync"


@dataclass(frozen=True, slots=True)
class CopyName:
    """What an id of ours says."""

    integration_id: str
    item_id: str
    key: str
    generation: int


def event_id_of(integration_id: str, item_id: str, key: str, generation: int) -> str:
    """Return the id of a copy; ``key`` is empty where the item does not repeat."""
    return f"{_PREFIX}.{integration_id}.{item_id}.{key}.{generation}"


def read_event_id(event_id: str) -> CopyName | None:
    """Return what an id says, None where it is none of ours."""
    prefix, *names = event_id.split(".")
    generation = read_whole_number(names[3]) if len(names) == 4 else None
    if prefix != _PREFIX or generation is None:
        return None
    return CopyName(names[0], names[1], names[2], generation)
