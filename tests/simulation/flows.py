"""Fixed flows: what people do most, each to be broken at every call and commit of it."""

from dataclasses import dataclass

from tests.simulation.plans import Plan, Seat, Step

#: Long enough for what is sent to be read back.
_READ: Step = ("wait", (20,))
#: Nobody tells of what is done there: the next poll finds it.
_POLLED: Step = ("wait", (310,))
_DANA: tuple[Seat, ...] = (("dana", "cud", "newest"),)
_BOTH: tuple[Seat, ...] = (*_DANA, ("sam", "cud", "newest"))
_ITEM: tuple[Step, ...] = (("add", ("Lunch", 5)), _READ)
#: That the user's own events may be written to is known from when the account is looked at.
_PERMITTED: tuple[Step, ...] = (("permit", (0,)), ("leave", (0,)), ("relink", (0,)), _READ)
_EVENT: tuple[Step, ...] = (*_PERMITTED, ("put", ("Lunch", 5)), _POLLED)
_SERIES: tuple[Step, ...] = (("repeat", ("Stand-up", 3)), _READ)
_SERIES_THERE: tuple[Step, ...] = (("repeat_there", ("Stand-up", 4)), _POLLED)
_THREE: tuple[Step, ...] = (("add", ("Lunch", 5)), ("add", ("Tea", 8)), ("put", ("Dentist", 11)))


@dataclass(frozen=True)
class Flow:
    """What was done before, and what happens then; that is what is broken."""

    name: str
    before: tuple[Step, ...]
    during: tuple[Step, ...]
    #: What the log says of it all: direction, action and reason.
    log: tuple[str, ...]
    seats: tuple[Seat, ...] = _DANA
    notified: bool = False

    @property
    def plan(self) -> Plan:
        """Give the flow as a plan in which nothing goes wrong."""
        return Plan(
            1,
            (*self.before, *self.during),
            self.seats,
            notified=self.notified,
            faults={},
            turns={},
            draws={},
            kindly=True,
        )


FLOWS = (
    Flow("an item goes out", (), (("add", ("Lunch", 5)), _READ), ("out create",)),
    Flow("an event comes in", (), (("put", ("Lunch", 5)), _POLLED), ("in create",)),
    Flow(
        "an item is changed",
        _ITEM,
        (("change", (0, "Dinner")), _READ),
        ("out create", "out update"),
    ),
    Flow(
        "a copy is changed there",
        _ITEM,
        (("edit", (0, "Dinner")), _POLLED),
        ("out create", "in update"),
    ),
    Flow(
        "one field is changed on both sides",
        _ITEM,
        (("change", (0, "Dinner")), ("edit", (0, "Brunch")), _POLLED),
        ("out create", "in none replaced_here", "in update"),
    ),
    Flow("an item is deleted", _ITEM, (("delete", (0,)), _READ), ("out create", "out delete")),
    Flow(
        "a copy is deleted there", _ITEM, (("remove", (0,)), _POLLED), ("out create", "in delete")
    ),
    Flow(
        "an item is changed and its copy deleted",
        _ITEM,
        (("change", (0, "Dinner")), ("remove", (0,)), _POLLED),
        ("out create",) * 2,
    ),
    Flow(
        "an item is deleted and its copy changed",
        _ITEM,
        (("delete", (0,)), ("edit", (0, "Brunch")), _POLLED),
        ("out create", "in restore"),
    ),
    Flow("both are deleted", _ITEM, (("delete", (0,)), ("remove", (0,)), _POLLED), ("out create",)),
    Flow(
        "an item comes back from the bin",
        (*_ITEM, ("delete", (0,)), _READ),
        (("restore", (0,)), _READ),
        ("out create", "out delete", "out create"),
    ),
    Flow(
        "a copy comes back",
        (*_ITEM, ("remove", (0,)), _POLLED),
        (("revive", (0,)), _POLLED),
        ("out create", "in delete", "in restore"),
    ),
    Flow(
        "an item becomes private",
        _ITEM,
        (("hide", (0,)), _READ),
        ("out create", "out delete", "out create"),
    ),
    Flow("a series goes out", (), (("repeat", ("Stand-up", 3)), _READ), ("out create",) * 3),
    Flow(
        "an occurrence is moved",
        _SERIES,
        (("exempt", (1, 9)), _READ),
        ("out create", "out create", "out create", "out update"),
    ),
    Flow("a series comes in", (), (("repeat_there", ("Stand-up", 4)), _POLLED), ("in create",) * 3),
    Flow(
        "a series is made anew there",
        _SERIES_THERE,
        (("move_series", (1, 5)), _POLLED),
        ("in create", "in create", "in create", "in update", "in update", "in update"),
    ),
    Flow(
        "two people have a service call",
        (),
        (("call", ("Firewall", 1)), _READ),
        ("out create",) * 2,
        _BOTH,
    ),
    Flow(
        "the user's own event is changed here",
        _EVENT,
        (("shift", (0, 9)), _READ),
        ("in create", "out update"),
    ),
    Flow(
        "the user's own event is changed here while its kind is not ticked",
        _EVENT,
        (("tick", (5,)), ("change", (0, "Dinner")), _READ),
        ("in create", "out none kind_off"),
    ),
    Flow(
        "the user's own event is changed there and deleted here while Update is off",
        _EVENT,
        (("edit", (0, "Brunch")), ("delete", (0,)), _POLLED),
        ("in create", "out none edited_there"),
        (("dana", "cdf", "newest"),),
    ),
    Flow(
        "a kind is un-ticked and its copies go",
        _ITEM,
        (("tick", (0,)), _READ),
        ("out create", "out delete"),
    ),
    Flow(
        "a manual sync retrieves and sends",
        _THREE,
        (("bulk", (1,)), _READ),
        ("in create", "out create", "out create"),
    ),
    Flow(
        "a token is over",
        _ITEM,
        (("expire", (0,)), ("change", (0, "Dinner")), _READ),
        ("out create", "out update"),
    ),
    Flow(
        "an account is linked again",
        (*_ITEM, ("leave", (0,))),
        (("relink", (0,)), _READ),
        ("out create",),
    ),
    Flow(
        "an integration is deleted and its copies go",
        _ITEM,
        (("drop", (0,)), _READ),
        ("out create", "out delete"),
    ),
    Flow(
        "another calendar is linked instead",
        _ITEM,
        (("swap", (1,)), _READ),
        ("out create",) * 2,
    ),
    Flow(
        "a calendar is emptied",
        (*_THREE, _POLLED),
        (("wipe", (0,)), _POLLED),
        (
            "in create",
            "out create",
            "out create",
            "in delete brake",
            "in delete brake",
            "in delete brake",
        ),
    ),
    Flow(
        "notifications come and channels are kept",
        (),
        (("add", ("Lunch", 5)), ("wait", (70,)), ("edit", (0, "Dinner")), ("wait", (70,))),
        ("out create", "in update"),
        notified=True,
    ),
)
