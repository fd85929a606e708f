"""What a user chose for an integration: the tabs of the wizard as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calsync.core.item import Kind
from calsync.core.pair import Policy
from calsync.core.window import FutureRange, PastRange


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of all tabs; what is not chosen does not flow.

    ``takes_*`` are the first tab, ``kinds`` the second. ``past``, ``future`` and ``sends``
    are the bulk parts of a manual sync, the third tab. ``sends_foreign`` lets items that
    came from another linked calendar go to this one, ``moves_meetings`` lets the user's own
    meetings with guests be changed.
    """

    takes_create: bool = False
    takes_update: bool = False
    takes_delete: bool = False
    kinds: frozenset[Kind] = frozenset()
    past: PastRange = PastRange.NONE
    future: FutureRange = FutureRange.NONE
    sends: bool = False
    policy: Policy = Policy.NEWEST
    sends_foreign: bool = False
    moves_meetings: bool = False

    @property
    def retrieves(self) -> bool:
        """Tell whether a manual sync brings in events that are there already."""
        return self.past is not PastRange.NONE or self.future is not FutureRange.NONE

    @property
    def takes_anything(self) -> bool:
        """Tell whether any change there comes in."""
        return self.takes_create or self.takes_update or self.takes_delete


def find_faults(options: Options) -> tuple[str, ...]:
    """Return the codes of what keeps the options from doing anything at all."""
    does_something = options.takes_anything or options.kinds or options.retrieves
    faults = [] if does_something else ["nothing_flows"]
    if options.sends and not options.kinds:
        faults.append("nothing_to_send")
    return tuple(faults)


_FLAGS = (
    "takes_create",
    "takes_update",
    "takes_delete",
    "sends",
    "sends_foreign",
    "moves_meetings",
)


def dump_options(options: Options) -> dict[str, Any]:
    """Return options as JSON has them."""
    return {
        **{name: getattr(options, name) for name in _FLAGS},
        "kinds": sorted(kind.value for kind in options.kinds),
        "past": options.past.value,
        "future": options.future.value,
        "policy": options.policy.value,
    }


def load_options(record: Mapping[str, Any]) -> Options:
    """Return what ``dump_options`` was given; what is missing is as it is at first.

    Raises ValueError for a choice that there is not.
    """
    plain = Options()
    return Options(
        **{name: bool(record.get(name, False)) for name in _FLAGS},
        kinds=frozenset(map(Kind, record.get("kinds", ()))),
        past=PastRange(record.get("past", plain.past)),
        future=FutureRange(record.get("future", plain.future)),
        policy=Policy(record.get("policy", plain.policy)),
    )
