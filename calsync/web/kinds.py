"""What the five kinds of items are called, and the icon of each."""

from calsync.web.i18n import _

#: In the order of every menu and form.
KINDS = ("appointment", "todo", "task", "crm_activity", "service_call")

KIND_ICONS = {
    "appointment": "calendar-event",
    "todo": "check2-square",
    "task": "list-check",
    "crm_activity": "telephone",
    "service_call": "tools",
}


def name_kind(kind: str) -> str:
    """Return what one item of a kind is called."""
    names = {
        "appointment": _("Appointment"),
        "todo": _("Todo"),
        "task": _("Task"),
        "crm_activity": _("CRM Activity"),
        "service_call": _("Service Call"),
    }
    return names[kind]
