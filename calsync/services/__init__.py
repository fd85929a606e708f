"""Use cases: a verb per function, transaction borders visible."""
