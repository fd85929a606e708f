"""Every route there is, and what a test needs to know to call it."""

from dataclasses import dataclass

from flask import Flask

#: Served to anybody, and why.
PUBLIC = {
    "api_description.reference": "says how the API is used, and shows nothing of anybody's",
    "api_description.specification": "says how the API is used, and shows nothing of anybody's",
    "assets.serve": "style sheets, scripts and icons hold nothing of anybody's",
    "auth.login": "where people log in",
    "auth.submit_login": "where people log in",
    "calendar_files.feed": "for programs that know the secret in its address",
    "hooks.receive": "believes nothing but Cronofy's signature",
    "health.alive": "says that the process is up and nothing else",
    "health.metrics": "guards itself: this machine, or the token",
    "health.ready": "says yes or no and nothing else",
    "start": "only redirects to a page that asks for a login",
}
#: Blueprints for programs, which a token guards and no cookie; tests/api calls them.
TOKEN_GUARDED = {
    "api_clients",
    "api_contacts",
    "api_integrations",
    "api_items",
    "api_occurrences",
    "api_people",
    "api_runs",
    "api_tickets",
}
#: Guarded by a signature; a form has none, and no browser is meant.
SIGNED = {"hooks.receive"}
SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Route:
    """One way to call the product."""

    endpoint: str
    method: str
    #: The address with the ids of a case filled in.
    url: str
    has_id: bool


def list_routes(app: Flask, ids: dict[str, str], *, of_programs: bool = False) -> list[Route]:
    """Return every route and method for browsers, or for programs with a token.

    An id that is not given is an error.
    """
    found = []
    for rule in app.url_map.iter_rules():
        if (rule.endpoint.partition(".")[0] in TOKEN_GUARDED) is not of_programs:
            continue
        values = {name: ids[name] for name in rule.arguments}
        with app.test_request_context():
            url = app.url_map.bind("").build(rule.endpoint, values)
        found += [
            Route(rule.endpoint, method, url, bool(rule.arguments))
            for method in sorted(rule.methods or ())
            if method not in ("HEAD", "OPTIONS")
        ]
    return sorted(found, key=lambda route: (route.endpoint, route.method))
