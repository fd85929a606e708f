"""What a client asks for when it sends a browser to the authorize page."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode, urlsplit, urlunsplit

#: What each scope lets a client do, in the words of the consent page.
SCOPES = {
    "read_events": "See the events in all your calendars, with their details",
    "create_event": "Add events to your calendars, and change the events it added",
    "delete_event": "Delete the events it added",
    "create_calendar": "Create new calendars",
    "change_participation_status": "Answer invitations for you",
    "read_free_busy": "See when you are free or busy",
    "read_account": "See your name, e-mail address and time zone",
    "list_calendars": "See the names of your calendars",
    "event_reminders": "Set reminders on the events it added",
    "read_write": "See all your events, and add, change and delete the events it added",
    "read_only": "See the events in all your calendars, with their details",
    "write_only": "Add events to your calendars, and change and delete the events it added",
    "free_busy": "See when you are free or busy",
    "free_busy_write": "See when you are free or busy, and add, change and delete its own events",
}

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class WishRefused(Exception):
    """The client's link is no good, and its redirect URI cannot be trusted with the news."""


@dataclass(frozen=True)
class Wish:
    """The parameters of one authorize link; an empty text stands for an absent one."""

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    scope: str = ""
    state: str = ""
    provider_name: str = ""
    avoid_linking: str = ""
    link_token: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "Wish":
        """Take the parameters that we know; unknown ones are ignored, as OAuth wants it."""
        return cls(**{name: parameters.get(name, "") for name in cls().asdict()})

    def asdict(self) -> dict[str, str]:
        """Return the parameters by name, the empty ones too."""
        return asdict(self)

    def pick(self, provider_name: str) -> dict[str, str]:
        """Return the parameters of the same link with the provider chosen; empty: not yet."""
        chosen = replace(self, provider_name=provider_name)
        return {name: value for name, value in chosen.asdict().items() if value}

    @property
    def is_linking(self) -> bool:
        """Whether this profile may join the account that the browser already knows.

        pycronofy always sends ``avoid_linking``, as ``False``; Zendesk's app sends ``1``.
        """
        return self.avoid_linking.lower() not in {"true", "1"}

    def check_client(self, client_id: str) -> None:
        """Raise WishRefused unless the answer may be sent to the redirect URI."""
        if self.client_id != client_id:
            raise WishRefused(
                f"No application has the client_id “{self.client_id}”."
                if self.client_id
                else "The parameter client_id is missing."
            )
        if not self.redirect_uri:
            raise WishRefused("The parameter redirect_uri is missing.")
        if not is_loopback_url(self.redirect_uri):
            raise WishRefused(
                f"The redirect_uri “{self.redirect_uri}” is not a http or https address of this"
                " machine. The sandbox sends browsers to localhost, 127.0.0.1 and [::1] only."
            )

    def find_error(self) -> str | None:
        """Return the error of RFC 6749 that the client is told by redirect, if there is one."""
        if not self.response_type:
            return "invalid_request"
        if self.response_type != "code":
            return "unsupported_response_type"
        wanted = self.scope.split()
        return None if wanted and set(wanted) <= set(SCOPES) else "invalid_scope"

    def answer_url(self, **answer: str) -> str:
        """Return the redirect URI with the answer, and the state unaltered if there was one."""
        if self.state:
            answer["state"] = self.state
        return add_query(self.redirect_uri, answer)

    def list_sentences(self) -> list[str]:
        """Say what the scopes allow, each thing once."""
        return list(dict.fromkeys(SCOPES[scope] for scope in self.scope.split()))


def is_loopback_url(url: str) -> bool:
    """Say whether the URL is http or https, on this machine, and without a fragment."""
    if not url.isascii() or any(each.isspace() or not each.isprintable() for each in url):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    is_web = parts.scheme in {"http", "https"} and "\\" not in url and "@" not in parts.netloc
    return is_web and parts.hostname in LOOPBACK and not parts.fragment


def add_query(url: str, more: Mapping[str, str]) -> str:
    """Return the URL with more parameters behind those it has."""
    parts = urlsplit(url)
    query = "&".join(each for each in (parts.query, urlencode(more)) if each)
    return urlunsplit(parts._replace(query=query))
