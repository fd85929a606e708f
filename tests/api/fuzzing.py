"""schemathesis at the API in this process, with the API's own description."""

from collections import Counter
from typing import Any
from unittest.mock import patch

from flask import Flask
from limits import parse
from schemathesis import openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import (
    FatalError,
    NonFatalError,
    ScenarioFinished,
)
from schemathesis.transport.wsgi import WSGITransport

from calsync.api.access import CallLimit, register_limit

#: What is right by the description may still be wrong together, such as an end before its
#: start or an id that nobody has.
_RIGHT_BUT_REFUSED = ["2xx", "400", "401", "403", "404", "409", "412", "422"]


_send = WSGITransport.send


def _send_here(transport: WSGITransport, case: Any, **about: Any) -> Any:
    """Send a case without settings of sockets, which one of schemathesis' checks passes on."""
    for name in ("max_redirects", "verify", "cert", "proxies"):
        about.pop(name, None)
    return _send(transport, case, **about)


class Report:
    """What a run has sent and found."""

    def __init__(self) -> None:
        self.cases = 0
        self.statuses: Counter[int] = Counter()
        self.failures: dict[str, str] = {}

    def note(self, event: ScenarioFinished) -> None:
        recorder = event.recorder
        self.cases += len(recorder.cases)
        for exchange in recorder.interactions.values():
            if exchange.response is not None:
                self.statuses[exchange.response.status_code] += 1
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    case = recorder.cases[case_id].value
                    place = f"{check.name} at {case.method} {case.operation.path}"
                    sent = f"query={case.query} headers={case.headers} body={case.body!r}"
                    self.failures[place] = f"{failure.title}: {failure.message}\n{sent}"


def fuzz(app: Flask, secret: str | None, *, only: str = "", examples: int = 3) -> Report:
    """Try every operation in every way that schemathesis knows, with all of its checks.

    ``only`` is the path of those to be tried alone.
    """
    register_limit(app, CallLimit(parse("1000000 per 1 minute")))
    bearer = {"Authorization": f"Bearer {secret}"} if secret else {}
    config = SchemathesisConfig.from_dict(
        {
            "headers": bearer,
            "seed": 7,
            "continue-on-failure": True,
            "generation": {
                "max-examples": examples,
                "database": "none",
                "no-shrink": True,
                "with-security-parameters": False,
            },
            "checks": {
                "positive_data_acceptance": {"expected-statuses": _RIGHT_BUT_REFUSED},
            },
            "phases": {"stateful": {"max-steps": 4}},
        }
    )
    schema = openapi.from_wsgi("/api/v1/openapi.json", app, config=config)
    if only:
        schema = schema.include(path=only)
    report = Report()
    with patch.object(WSGITransport, "send", _send_here):
        for event in from_schema(schema).execute():
            if isinstance(event, ScenarioFinished):
                report.note(event)
            elif isinstance(event, NonFatalError | FatalError):
                report.failures[f"error {event}"] = str(getattr(event, "value", event))
    return report
