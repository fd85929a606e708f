"""A Cronofy in memory, on a clock that jumps, for tests that run thousands of histories.

* ``provider``  what the product calls; ``ports`` makes the product's client and consents on it
* ``owner``     the hands of whoever owns a calendar; ``service`` all that befalls a mailbox
* ``temper``    what Cronofy's documentation leaves open, drawn by a seed
* ``fortune``   every draw by name, to be written down, replayed and made harmless
* ``faults``    what goes wrong at which boundary, from a seed or from a map
* ``stages``    the provider and the sandbox side by side, for the contract

Histories of the whole product stand on it, one for each seed:

* ``plans``     what a seed stands for; ``acts`` what people do, ``workers`` the due work
* ``scheduler`` several processes in one thread, that take turns at each boundary
* ``scenario``  a plan carried out to its end; ``trials`` judges it, ``shrinking`` cuts it short
* ``office``    the people and their integrations; ``hands`` do what a plan's steps say
* ``tape``      all that happened, as ``records``; ``invariants`` judge the story that it tells
* ``flows``     what people do most; ``crashing`` breaks each everywhere, from its ``beginnings`` on
* ``regressions`` the plans that went wrong once

A run needs a clock, a seed and a plan::

    provider = Provider(clock, seed=7, temper=draw_temper(Random("7:temper")),
                        faults=FaultPlan(stream=Random("7:faults"), rate=0.06))
    profile = provider.service.add_mailbox()
    uid = provider.owner.create_event(profile.shelf.calendar_id, "Dentist", start, end)
    client = make_clients(provider, clock, limiter)(tokens, Lane.POLL, "acme")

Notifications wait until ``provider.deliver_due(deliver)`` is called, and ``next_due()`` says
when that is worth while. ``snapshot()`` is for oracles, as are ``world.writing.landed``,
``world.channels.notices`` and ``traffic``.
"""
