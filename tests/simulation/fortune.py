"""Chance that can be written down: every draw has a name and can be given instead.

Each topic has a stream of its own, so that a write more does not change the fate of the
notifications. What was drawn can be handed to another run, whole or with some draws set to
zero: zero is always the harmless end.
"""

import random
from collections.abc import Mapping


class Fortune:
    """Draws numbers from 0 up to 1, by topic and number.

    With ``others`` that is the number wherever none is given.
    """

    def __init__(
        self,
        seed: object,
        given: Mapping[str, float] | None = None,
        others: float | None = None,
    ) -> None:
        self.seed = seed
        self._others = others
        self.drawn: dict[str, float] = {}
        self._given = dict(given or {})
        self._streams: dict[str, random.Random] = {}
        self._counts: dict[str, int] = {}

    def draw(self, topic: str) -> float:
        """Return the next number of a topic; ``drawn`` keeps it as ``topic:number``."""
        stream = self._streams.get(topic)
        if stream is None:
            stream = self._streams[topic] = random.Random(f"{self.seed}:{topic}")
        number = self._counts[topic] = self._counts.get(topic, 0) + 1
        name = f"{topic}:{number}"
        # The stream moves on all the same: the draws after it stay what they were.
        value = stream.random()
        value = self._given.get(name, value if self._others is None else self._others)
        self.drawn[name] = value
        return value
