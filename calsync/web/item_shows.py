"""The pages with a form of an item: for its details, for moving and for deleting it."""

from flask import render_template, url_for

from calsync.services.item_access import list_history
from calsync.web.current import tools, who
from calsync.web.item_choices import Offer, may_choose_people
from calsync.web.item_edits import Edited
from calsync.web.item_form import ItemForm, MoveForm
from calsync.web.item_page import Deed, list_deeds
from calsync.web.item_requests import read_version, reader_zone
from calsync.web.item_words import say_times
from calsync.web.kinds import name_kind
from calsync.web.repeats import KEEP, describe_rule


def show_form(
    form: ItemForm, offer: Offer, edited: Edited | None = None, news: list[Deed] | None = None
) -> str:
    """Return the page with the form; ``edited`` is what is there already, if anything is."""
    offer.fill_lists(form, edited.shown.fields if edited else None)
    kind = form.chosen_kind
    return render_template(
        "items/form.html",
        form=form,
        kind=kind.value,
        kind_name=name_kind(kind),
        edited=edited,
        news=news or [],
        rule=_describe(edited) if edited and form.repeats.data == KEEP else "",
        action=_action("items.save", edited) if edited else url_for("items.create"),
        back=_action("items.show", edited) if edited else url_for("home.start"),
        finds_tickets=offer.is_cut,
        has_people=may_choose_people(kind),
    )


def show_conflict(form: ItemForm, offer: Offer, edited: Edited, version: int) -> str:
    """Return the page with what was typed, and with what others did meanwhile."""
    seen = read_version(form)
    changes = [
        change for change in list_history(tools(), who(), edited.whole.id) if change.version > seen
    ]
    # Whoever sends it once more has read what the others did.
    form.version.data = str(version)
    return show_form(form, offer, edited, list_deeds(changes, edited.whole.fields, offer))


def show_move(form: MoveForm, edited: Edited) -> str:
    """Return the page that asks where to."""
    return _ask("items/move.html", "items.move", form, edited)


def show_delete(form: MoveForm, edited: Edited) -> str:
    """Return the page that asks whether to delete."""
    return _ask("items/delete.html", "items.delete", form, edited)


def _ask(template: str, endpoint: str, form: MoveForm, edited: Edited) -> str:
    return render_template(
        template,
        form=form,
        edited=edited,
        kind_name=name_kind(edited.shown.fields.kind),
        times=say_times(edited.shown.fields.times, reader_zone()),
        action=_action(endpoint, edited),
        back=_action("items.show", edited),
    )


def _action(endpoint: str, edited: Edited) -> str:
    return url_for(endpoint, item_id=edited.shown.id, key=edited.shown.key)


def _describe(edited: Edited) -> str:
    fields = edited.whole.fields
    return describe_rule(fields.rule, fields.times) if fields.rule and fields.times else ""
