"""Two kills in the middle of a write: the small form of ``make test-long``.

Costs five starts of a process, and the look that finds out whether a write has landed.
"""

from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

from tests.cast import find_cast
from tests.long.killing import Killings, judge_all, kill_once
from tests.long.people import add_editor
from tests.long.site import Site
from tests.processes import wait_until
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE


@ON_SQLITE
def test_who_is_killed_in_the_middle_of_a_write_loses_and_doubles_nothing(
    database_url: str, tmp_path: Path, sandbox: RunningSandbox
):
    site = Site(database_url, tmp_path, sandbox)
    editor = add_editor(site, find_cast(site.tools)["dana"], "dana@google.example", 1)
    try:
        site.start()
        wait_until(lambda: not site.find_unsettled())
        done = Killings()
        for _ in range(2):
            # It arrives, and nobody is there any more to hear so.
            slow = sandbox.fault("slow", path="/v1/batch", seconds=3)
            editor.make_here()
            wait_until(partial(sandbox.fired, slow))
            kill_once(site, done, Random(1), patience=0)
        assert (done.tried, done.counted) == (2, 2)
        wait_until(lambda: not site.find_unsettled() and not judge_all([editor]), 60)
        assert editor.ledger.acknowledged == 2
        assert Counter(editor.read_here()) == Counter(editor.read_there())
        assert site.stop() == []
        assert site.find_damage() == []
    finally:
        site.end()
