"""What was chosen from a list, as forms and addresses say it."""

from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)


def find_choice(choices: type[E], said: str | None) -> E | None:
    """Return which of the choices was said; None for what is none of them."""
    return choices(said) if said in set(choices) else None
