"""What the API gives of integrations and their runs, as its description tells it."""

from marshmallow import fields

from calsync.api.fields import Choice, Flag
from calsync.api.parsing import Strict
from calsync.api.queries import PageQuery
from calsync.api.schemas import Page
from calsync.core.holds import Answer, Held
from calsync.core.integration import Caution, Stop
from calsync.core.item import Kind
from calsync.core.link import LinkState, Side
from calsync.core.pair import Policy
from calsync.core.run import Result, RunState, Trigger
from calsync.core.window import FutureRange, PastRange


def _about(text: str) -> dict[str, str]:
    return {"description": text}


class SyncOptions(Strict):
    """What flows."""

    takes_create = fields.Boolean(required=True, metadata=_about("New events come in."))
    takes_update = fields.Boolean(required=True, metadata=_about("Changes come in."))
    takes_delete = fields.Boolean(required=True, metadata=_about("Deletions come in."))
    kinds = fields.List(
        Choice(Kind), required=True, metadata=_about("The kinds of items that are sent.")
    )
    past = Choice(PastRange, required=True, metadata=_about("What a manual sync retrieves."))
    future = Choice(FutureRange, required=True, metadata=_about("What a manual sync retrieves."))
    sends = fields.Boolean(
        required=True, metadata=_about("A manual sync sends what stands here already.")
    )
    policy = Choice(
        Policy, required=True, metadata=_about("Who wins where both sides changed the same.")
    )
    sends_foreign = fields.Boolean(
        required=True, metadata=_about("Items from other linked calendars are sent too.")
    )
    moves_meetings = fields.Boolean(
        required=True, metadata=_about("The user's own meetings with guests are changed too.")
    )


class Run(Strict):
    """One sync that did or declined something, or that somebody asked for."""

    id = fields.String(required=True)
    integration = fields.String(required=True, metadata=_about("Its id."))
    trigger = Choice(Trigger, required=True, metadata=_about("What began it."))
    state = Choice(RunState, required=True)
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata=_about("By direction, action and result, such as out_create_done."),
    )
    error = fields.String(
        required=True, allow_none=True, metadata=_about("The kind of what ended it early.")
    )
    began_at = fields.DateTime(required=True)
    ended_at = fields.DateTime(required=True, allow_none=True)


class Integration(Strict):
    """My Calendar of the token's user kept in step with a linked calendar."""

    id = fields.String(required=True)
    calendar = fields.String(required=True, metadata=_about("The name of the linked calendar."))
    mailbox = fields.String(required=True)
    service = fields.String(required=True, metadata=_about("As Cronofy calls it."))
    active = fields.Boolean(required=True, metadata=_about("Without that nothing flows."))
    connected = fields.Boolean(required=True)
    stop = Choice(
        Stop,
        required=True,
        allow_none=True,
        metadata=_about("Why nothing flows although it is active."),
    )
    caution = Choice(
        Caution,
        required=True,
        allow_none=True,
        metadata=_about("Why events of the user's own are left alone."),
    )
    options = fields.Nested(SyncOptions, required=True)
    links = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata=_about("How many links stand so: " + ", ".join(LinkState) + "."),
    )
    open_runs = fields.List(
        fields.Nested(Run),
        required=True,
        metadata=_about("At most one that waits and one that is under way."),
    )
    last_run = fields.Nested(Run, required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    synced_at = fields.DateTime(
        required=True, allow_none=True, metadata=_about("When an item was last synced.")
    )


class KeptOut(Strict):
    """Changes that a switch or a permission kept out so far, and that would be let through now."""

    changes = fields.Integer(
        required=True, strict=True, metadata=_about("How many; each is of one field of an entry.")
    )


class HeldGroup(Strict):
    """Everything over which the same waits."""

    what = Choice(Held, required=True)
    number = fields.Integer(required=True)
    reasons = fields.List(fields.String(), required=True, metadata=_about("Codes."))


class HeldList(Strict):
    """What syncs did not do because it is more than usual, and wait for an answer about."""

    held = fields.List(fields.Nested(HeldGroup), required=True)


class HeldAnswer(Strict):
    """The answer to what waits, in the number that was counted."""

    what = Choice(Held, required=True)
    number = fields.Integer(required=True, strict=True)
    answer = Choice(
        Answer, required=True, metadata=_about("do: after all. keep: both sides stay as they are.")
    )


class RunEntry(Strict):
    """One thing that a run did or declined to do."""

    id = fields.String(required=True)
    at = fields.DateTime(required=True)
    direction = Choice(
        Side, required=True, metadata=_about("in: to My Calendar. out: to the linked calendar.")
    )
    action = fields.String(
        required=True, metadata=_about("create, update, delete, restore, link, none")
    )
    result = Choice(Result, required=True)
    reason = fields.String(required=True, allow_none=True, metadata=_about("A code."))
    title = fields.String(required=True)
    item = fields.String(required=True, allow_none=True, metadata=_about("The id of an item."))
    event_uid = fields.String(required=True, allow_none=True, metadata=_about("Cronofy's."))
    before = fields.Dict(required=True, metadata=_about("Both sides, as far as it touched them."))
    after = fields.Dict(required=True)


class IntegrationPage(Page):
    """Some integrations."""

    integrations = fields.List(fields.Nested(Integration), required=True)


class RunPage(Page):
    """Some runs, the latest first."""

    runs = fields.List(fields.Nested(Run), required=True)


class EntryPage(Page):
    """Some entries of a log, the latest first."""

    entries = fields.List(fields.Nested(RunEntry), required=True)


class SyncQuery(Strict):
    """What a sync does besides."""

    bulk = Flag(load_default=True, metadata=_about("Retrieve and send what the options say, too."))


class RunQuery(PageQuery):
    """Which runs are wanted."""

    trigger = Choice(Trigger)


class EntryQuery(PageQuery):
    """Which entries of a log are wanted."""

    direction = Choice(Side)
    result = Choice(Result)
