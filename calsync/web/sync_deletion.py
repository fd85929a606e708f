"""Deleting a sync: what its form chose, and what is said afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from calsync.core.integration import Copies
from calsync.core.whole_number import read_whole_number
from calsync.services.integration_end import Ending
from calsync.services.integration_views import IntegrationView
from calsync.web.i18n import _, _n
from calsync.web.words import LONGEST_NAME


class Choice(TypedDict):
    """What becomes of the copies, and how many of them the page has shown."""

    copies: Copies
    confirmed: int | None


def read_choice(form: Mapping[str, str], ending: Ending) -> Choice:
    """Return what a form chose; copies stay unless it says that they go.

    Where they cannot be removed they stay whatever it says: the page it was on is of
    before, and nobody is asked twice for what cannot be.
    """
    goes = form.get("copies") == Copies.GO and ending.can_remove
    return Choice(
        copies=Copies.GO if goes else Copies.STAY,
        confirmed=read_whole_number(form.get("shown", "")),
    )


@dataclass(frozen=True)
class EndingWords:
    """What the page says of the items that came from there, and of the copies."""

    brought: str
    question: str
    left: str


def say_ending(view: IntegrationView, ending: Ending) -> EndingWords:
    """Return what deleting a sync would leave and take, in sentences that name the calendar."""
    name = view.integration.calendar_name[:LONGEST_NAME]
    return EndingWords(
        brought=_n(
            "The item that came from %(name)s stays in My Calendar.",
            "The %(num)d items that came from %(name)s stay in My Calendar.",
            ending.brought,
            name=name,
        ),
        question=_n(
            "What should happen to the event we added to %(name)s?",
            "What should happen to the %(num)d events we added to %(name)s?",
            ending.copies,
            name=name,
        ),
        left=_n(
            "The event we added to %(name)s stays there: we cannot reach the calendar to remove "
            "it.",
            "The %(num)d events we added to %(name)s stay there: we cannot reach the calendar to "
            "remove them.",
            ending.copies,
            name=name,
        ),
    )


def say_deletion(view: IntegrationView, ending: Ending, done: Copies) -> str:
    """Return what was done, and what becomes of the copies."""
    name = view.integration.calendar_name[:LONGEST_NAME]
    if not ending.copies:
        return _("Sync deleted.")
    if done is Copies.GO:
        return _n(
            "Sync deleted. %(num)d event is being removed from %(name)s.",
            "Sync deleted. %(num)d events are being removed from %(name)s.",
            ending.copies,
            name=name,
        )
    return _n(
        "Sync deleted. %(num)d event stays in %(name)s.",
        "Sync deleted. %(num)d events stay in %(name)s.",
        ending.copies,
        name=name,
    )
