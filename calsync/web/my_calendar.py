"""My Calendar: whose entries its pages show to whom."""

from datetime import datetime

from calsync.core.item import Kind
from calsync.errors import NotThere
from calsync.services.calendar import list_entries, list_visible_people
from calsync.web.calendar_page import Person
from calsync.web.calendar_query import CalendarQuery
from calsync.web.current import current_login, tools, who
from calsync.web.home import Shown, make_home


def find_entries(query: CalendarQuery, start: datetime, end: datetime) -> Shown | None:
    """Return what a query asks for, or None for the calendar of nobody one may look at."""
    asker = who()
    user_id = query.person or asker.user_id
    try:
        entries = list_entries(
            tools(),
            asker,
            user_id,
            start,
            end,
            zone=current_login().user.time_zone,
            kinds=[Kind(kind) for kind in query.kinds],
            text=query.text,
        )
    except NotThere:
        return None
    people = [
        Person(person.id, person.name)
        for person in list_visible_people(tools(), asker)
        if person.id != asker.user_id
    ]
    owner = next((person for person in people if person.id == user_id), None)
    return Shown(entries, people, owner)


bp = make_home(find_entries)
