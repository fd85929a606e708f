"""Every code that a sync gives has words."""

import ast
import re
from collections.abc import Iterator

import pytest

from calsync import errors
from calsync.core.content import Part
from calsync.core.integration import Caution, Refusal, Stop
from calsync.core.link import LinkState, Side
from calsync.core.newcomers import Verdict
from calsync.core.run import CANCELLED, Outcome, Result, RunState, Trigger
from calsync.web import sync_words
from calsync.web.run_words import WHY_STOPPED
from calsync.web.sync_words import REASON_WORDS, say_counts, say_reason
from tests.wheels import ROOT

_CALLS = {"Note", "Hold", "Declined", "NotTaken", "fall_asleep"}
_NAMES = re.compile(r"bar|reason")
#: What a function that finds a reason asks for by name, and which is none itself.
_NO_REASONS = {"update", "delete"}


def list_codes() -> set[str]:
    """Return the codes of reasons that stand in the core and in the engine."""
    folders = (ROOT / "calsync" / "core", ROOT / "calsync" / "services" / "sync")
    trees = [ast.parse(path.read_text()) for each in folders for path in each.rglob("*.py")]
    return {code for tree in trees for code in find_codes(tree)} - _NO_REASONS


def find_codes(tree: ast.AST) -> Iterator[str]:
    """Yield the texts that are given, returned or kept as a reason."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
                yield from find_texts(*node.args)
            case ast.keyword(arg="reason", value=value):
                yield from find_texts(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _NAMES.search(name):
                yield from find_texts(value)
            case ast.FunctionDef(name=name) if _NAMES.search(name):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        yield from find_texts(inner.value)


def find_texts(*nodes: ast.expr) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Constant(value=str(text)) if re.fullmatch("[a-z_]+", text):
                yield text
            case ast.IfExp():
                yield from find_texts(node.body, node.orelse)
            case ast.BoolOp(values=values) | ast.Tuple(elts=values):
                yield from find_texts(*values)


def test_every_reason_of_the_core_and_the_engine_has_words() -> None:
    codes = list_codes()
    assert {"past", "update_off", "guests", "conflict", "delete_off"} <= codes
    assert codes <= set(REASON_WORDS)


def test_every_verdict_on_a_new_event_has_words() -> None:
    assert {verdict.value for verdict in Verdict} - {"bring"} <= set(REASON_WORDS)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("STATE_WORDS", LinkState),
        ("STOP_WORDS", Stop),
        ("CAUTION_WORDS", Caution),
        ("REFUSAL_WORDS", Refusal),
        ("TRIGGER_WORDS", Trigger),
        ("RUN_WORDS", RunState),
        ("RESULT_WORDS", Result),
        ("OUTCOME_WORDS", Outcome),
        ("SIDE_WORDS", Side),
        ("PART_WORDS", Part),
    ],
)
def test_every_state_has_words(words: str, codes: type) -> None:
    said = getattr(sync_words, words)
    assert set(said) == set(codes)
    assert len({str(text) for text in said.values()}) == len(said)


def test_words_are_sentences_also_where_nobody_is_logged_in() -> None:
    for code in REASON_WORDS:
        assert re.fullmatch(r"[A-Z].*\.", say_reason(code)), code
    assert say_reason("of_a_later_version") == "of_a_later_version"


def test_a_run_is_told_in_one_line() -> None:
    counts = {
        "in_create_done": 12,
        "out_create_done": 4,
        "in_none_declined": 2,
        "out_update_failed": 1,
        "out_delete_held": 3,
        "braked_out": 3,
    }
    assert say_counts(counts) == "16 created, 2 skipped, 3 held, 1 failed"
    assert say_counts({}) == ""


def list_kinds(kind: type[Exception]) -> Iterator[str]:
    for each in kind.__subclasses__():
        if each.__module__ != errors.__name__:
            continue
        yield each.__name__
        yield from list_kinds(each)


def test_every_reason_for_a_stop_has_words() -> None:
    abstract = {"PermanentError"}
    told = {CANCELLED, *list_kinds(errors.CronofyError)} - abstract
    told |= {Refusal.NOT_ACTIVE, Refusal.NOT_CONNECTED, Refusal.CALENDAR_GONE}
    assert set(WHY_STOPPED) == told
    for words in WHY_STOPPED.values():
        assert re.fullmatch(r"(%\(calendar\)s|[A-Z]).*\.", str(words))
