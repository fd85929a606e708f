"""Seeded bugs: each breaks one rule of the sync, and the simulated histories have to tell.

``python -m tests.mutants`` kills them all and prints what ``docs/mutants.md`` keeps.
"""
