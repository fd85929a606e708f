"""The same seed tells the same story, down to the bytes; another seed tells another."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from calsync.core.event import EventDraft, Timed
from calsync.cronofy.batch import Delete, Upsert
from calsync.cronofy.transport import Answer
from calsync.errors import CronofyError
from tests.simulation.faults import Crash, FaultPlan, read_plan
from tests.simulation.provider import Provider
from tests.simulation.stages import EVERYTHING, ProviderStage
from tests.simulation.temper import Temper, draw_temper

HOUR = timedelta(hours=1)


class Story:
    """A hundred steps of an application and an owner, and all that could be seen of them."""

    def __init__(
        self,
        seed: int,
        *,
        temper: Temper | None = None,
        faults: FaultPlan | None = None,
        draws: Mapping[str, float] | None = None,
    ) -> None:
        self.faults = faults or FaultPlan(stream=Random(f"{seed}:faults"), rate=0.15)
        temper = temper or draw_temper(Random(f"{seed}:temper"))
        self.stage = ProviderStage(temper=temper, faults=self.faults, seed=seed, draws=draws)
        self.trace: list[object] = []
        _listen(self.stage.provider, self.trace)
        self.client = self.stage.client()
        self.steps = Random(f"{seed}:steps")

    def tell(self) -> "Story":
        """Play the story and return it."""
        self._try(lambda: self.client.create_channel(self.stage.hook))
        for number in range(100):
            self._step(number)
            self.stage.move_clock(self.steps.choice([0, 1, 7, 60]))
            self.stage.provider.deliver_due(self._deliver)
        self.stage.move_clock(8000)
        return self

    def seen(self) -> tuple[Any, ...]:
        """Return all that a run can be told by."""
        provider = self.stage.provider
        calls = [(c.method, c.path, c.status, c.fault) for c in provider.traffic.calls]
        return provider.snapshot(), tuple(self.trace), tuple(calls), dict(provider.fortune.drawn)

    def _step(self, number: int) -> None:
        stage, client, owner = self.stage, self.client, self.stage.owner
        start = stage.now() + self.steps.randrange(200) * HOUR
        draft = EventDraft(f"item-{number % 7}", f"Visit {number}", Timed(start, start + HOUR))
        living = [each.uid for each in stage.provider.living(stage.work)]
        uid = self.steps.choice(living) if living else None
        match self.steps.randrange(6):
            case 0:
                owner.create_event(stage.work, f"Event {number}", start, start + HOUR)
            case 1 if uid:
                owner.edit_event(uid, title=f"Edit {number}")
            case 2 if uid:
                owner.delete_event(uid)
            case 3:
                self._try(lambda: client.upsert_event(stage.work, draft))
            case 4:
                gone = Delete(stage.work, event_id=f"item-{number % 5}")
                self._try(lambda: client.batch([Upsert(stage.work, draft), gone]))
            case _:
                self._try(lambda: list(client.read_events(EVERYTHING)))

    def _try(self, call: Any) -> None:
        try:
            call()
        except (CronofyError, Crash) as error:
            self.trace.append(type(error).__name__)
            self.stage.move_clock(60)

    def _deliver(self, url: str, headers: dict[str, str], body: bytes) -> int:
        self.trace.append(hashlib.sha256(body).hexdigest())
        return 200 if self.steps.random() < 0.8 else 500


def _listen(provider: Provider, trace: list[object]) -> None:
    """Note the bytes of every answer."""
    send = provider.send

    def listening(*args: Any, **options: Any) -> Answer:
        answer = send(*args, **options)
        trace.append((answer.status, hashlib.sha256(answer.body).hexdigest()))
        return answer

    provider.send = listening  # type: ignore[method-assign]


@pytest.mark.parametrize("seed", range(10))
def test_the_same_seed_tells_the_same_story(seed):
    first, second = Story(seed).tell(), Story(seed).tell()
    assert first.seen() == second.seen()
    assert first.faults.fired == second.faults.fired
    assert len(first.trace) > 40


def test_another_seed_tells_another_story():
    stories = [Story(seed).tell().seen() for seed in range(5)]
    assert all(stories.index(story) == number for number, story in enumerate(stories))


@pytest.mark.parametrize("seed", range(5))
def test_a_story_is_told_again_from_what_was_written_down(seed):
    told = Story(seed).tell()
    assert told.faults.fired
    again = Story(
        seed,
        faults=read_plan(told.faults.to_json()),
        draws=dict(told.stage.provider.fortune.drawn),
    ).tell()
    assert again.seen() == told.seen()


def test_a_draw_can_be_made_harmless_and_the_others_stay():
    temper = Temper(lagging=0.9, never=0.1, keeps_order=False)
    told = Story(1, temper=temper, faults=FaultPlan()).tell()
    drawn = told.stage.provider.fortune.drawn
    tamed = Story(1, temper=temper, faults=FaultPlan(), draws={"write:3": 0.0}).tell()
    changed = tamed.stage.provider.fortune.drawn
    assert changed["write:3"] == 0.0
    both = drawn.keys() & changed.keys()
    assert {name for name in both if drawn[name] != changed[name]} == {"write:3"}
    assert len(both) > 20
    tame = tamed.stage.provider.world.writing.accepted[2]
    assert tame.due == tame.accepted_at
