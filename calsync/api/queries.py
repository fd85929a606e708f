"""What the API takes in a query, as its description tells it."""

from calsync.api.fields import Choice, Flag, Instant, Limit, Since, Text
from calsync.api.parsing import Strict
from calsync.api.schemas import LONGEST_ID, about
from calsync.core.item import Kind
from calsync.core.ticket import TicketStatus
from calsync.services.items import Scope

MOST_ROWS = 100


class PageQuery(Strict):
    """Which part of a list is wanted."""

    limit = Limit(least=1, most=MOST_ROWS, load_default=MOST_ROWS)
    cursor = Text(most=500, metadata=about("The next_cursor of the page before."))


class ContactQuery(PageQuery):
    """Which contacts are wanted."""

    client = Text(most=LONGEST_ID, metadata=about("The id of a client."))


class ChangesQuery(PageQuery):
    """Which part of a list is wanted, by when it was changed."""

    updated_since = Since(
        metadata=about(
            "Only what was changed at this time or later, and with it what was deleted since. "
            "Send the latest updated_at that you have seen, or the resume_cursor: nothing is "
            "saved later with an earlier time."
        )
    )


class ItemQuery(ChangesQuery):
    """Which items are wanted. With updated_since, deleted ones come too.

    What was assigned to the assignee, and is no longer, comes with updated_since as well.
    """

    kind = Choice(Kind)
    assignee = Text(most=LONGEST_ID, metadata=about("The id of a user."))
    ticket = Text(most=LONGEST_ID, metadata=about("The id of a ticket."))
    deleted = Flag(metadata=about("True: only what is in the bin. False: only what is not."))
    start = Instant(
        data_key="from", metadata=about("Items that may have an entry at this time or later.")
    )
    end = Instant(data_key="to", metadata=about("Items that may have an entry before this time."))


class RangeQuery(Strict):
    """Which time is wanted: at most 366 days."""

    start = Instant(data_key="from", required=True)
    end = Instant(data_key="to", required=True)


class ScopeQuery(Strict):
    """Which occurrences are meant."""

    scope = Choice(
        Scope,
        load_default=Scope.THIS,
        metadata=about("This one, this and the following, or all of the series."),
    )


class TicketQuery(ChangesQuery):
    """Which tickets are wanted. With updated_since, deleted ones come too."""

    status = Choice(TicketStatus)
