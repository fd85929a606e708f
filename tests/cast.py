"""The people of the tests."""

from dataclasses import dataclass

from calsync.db.models import Role
from calsync.services import people
from calsync.services.login import find_live_login, log_in
from calsync.services.tools import Tools, Who

PASSWORD = "violet tractor seven"
#: How often somebody logs in before that counts as refused.
_LOGINS = 5
_CAST = (
    ("dana", "acme", "Dana Reyes", Role.MEMBER),
    ("sam", "acme", "Sam Okafor", Role.ADMIN),
    ("mallory", "evil", "Mallory Finch", Role.ADMIN),
)


@dataclass(frozen=True)
class Person:
    """Somebody who can log in."""

    tenant: str
    email: str
    name: str
    who: Who


def add_cast(tools: Tools) -> None:
    """Make the two tenants and the three people."""
    for slug in ("acme", "evil"):
        people.create_tenant(tools, slug, slug.title())
    for first, tenant, name, role in _CAST:
        people.create_user(
            tools,
            tenant,
            email=f"{first}@{tenant}.example",
            name=name,
            role=role,
            password=PASSWORD,
            time_zone="Europe/London",
        )


def find_cast(tools: Tools) -> dict[str, Person]:
    """Return the people by their first names."""
    found = {}
    for first, tenant, name, _ in _CAST:
        user = people.get_user_by_email(tools, tenant, f"{first}@{tenant}.example")
        found[first] = Person(tenant, user.email, name, Who(user.tenant_id, user.id))
    return found


def with_session(tools: Tools, person: Person) -> Who:
    """Return the person as seen in a browser of theirs that has just logged in.

    In a simulation so much time may pass between logging in and the next page that the
    login is over by then: as anybody would, they log in again.
    """
    for _ in range(_LOGINS):
        secret = log_in(
            tools, tenant_slug=person.tenant, email=person.email, password=PASSWORD, browser="test"
        )
        if login := find_live_login(tools, secret or "", extend=False):
            return login.who
    raise AssertionError("The login was refused.")
