"""What can be seen of a fault from outside: figures, log lines, and the words of the listing."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from calsync.logs import JsonLines
from calsync.metrics import REGISTRY
from calsync.services.integration_views import get_integration_view
from calsync.services.tools import Tools
from calsync.web.sync_rows import make_row
from tests.cast import Person


class Witness:
    """Sees what is counted and logged from its beginning on."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self._before = _figures()

    def counted(self, name: str, **labels: str) -> float:
        """Return by how much a figure has grown, over all labels that are not named."""
        return sum(
            value - self._before.get(key, 0)
            for key, value in _figures().items()
            if key[0] == name and labels.items() <= dict(key[1]).items()
        )

    def logged(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """Return the lines of the log that say this and have these fields."""
        return [
            line for line in self.lines if line["event"] == event and fields.items() <= line.items()
        ]

    @property
    def warnings(self) -> list[str]:
        """Give what was said in warnings and errors."""
        return [line["event"] for line in self.lines if line["level"] != "info"]


class _Listener(logging.Handler):
    def __init__(self, lines: list[dict[str, Any]]) -> None:
        super().__init__()
        self._lines = lines
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(json.loads(self.format(record)))


@contextmanager
def watching() -> Iterator[Witness]:
    """Give a witness of all that happens inside."""
    witness, logger = Witness(), logging.getLogger("calsync")
    listener, level = _Listener(witness.lines), logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    try:
        yield witness
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)


def read_status(app: Flask, tools: Tools, person: Person, integration_id: str) -> str:
    """Return how the listing says that an integration stands, in one line; empty if all is well."""
    with app.test_request_context():
        row = make_row(get_integration_view(tools, person.who, integration_id))
    return " ".join(line.text for line in row.lines)


def _figures() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
    }
