"""Questions about copies, of which there may be very many."""

from calsync.db.copies import find_free_generations
from calsync.services.tools import Tools


def test_of_more_entries_than_a_question_can_name_each_has_a_free_generation(tools: Tools):
    entries = [("item", f"{number}") for number in range(70_000)]
    with tools.db.read() as session:
        free = find_free_generations(session, "acme", "integration", entries)
    assert free == dict.fromkeys(entries, 1)
