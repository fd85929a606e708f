"""A call of the API, taken apart, and what is replied to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.grants import Grant


@dataclass(slots=True)
class Ask:
    """A call, taken apart; ``grant`` is whom the bearer speaks for."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: dict[str, Any]
    grant: Grant
    now: float
    #: What faults want of the pages of a read that begins here.
    overlap: bool = False
    shuffle: bool = False


#: A status, and a body as bytes, as a value to be written in JSON, or None.
Reply = tuple[int, object]
