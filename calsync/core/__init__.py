"""Decides; never does. No clock, no network, no database, no framework.

The rules are told in docs/sync.md, each with the tests that hold it. To read on, ``link`` is what
is known of an entry and its event, ``decide`` what is done about them, ``table`` and ``merge`` how,
and ``recognition`` what a read says of a write of ours.
"""
