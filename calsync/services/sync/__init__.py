"""The sync of one integration: read, decide, carry out, settle (docs/sync.md).

* ``running``      one sync from its beginning to its end; ``course`` is what it has at hand
* ``catching_up``  what the linked calendar has to say; ``reading`` notes it, page by page
* ``acting``       what is done about it; ``planning`` looks at it all first, for the brake
* ``deciding``     one pair after the other; ``applying`` does here what was decided
* ``sending``      fifty writes at a time go out, each stored before as an intent
* ``journal``      the run and the log of what was done and declined
"""
