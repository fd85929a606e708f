"""What the API answers to a call that it does not do."""

from typing import Any


class Refusal(Exception):
    """An answer other than a success: a status, and a JSON body where there is one."""

    def __init__(self, status: int, body: dict[str, Any] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def wrong(**keys: str) -> Refusal:
    """Return the 422 that names fields and the keys of their errors (docs/cronofy-api.md 6.6)."""
    errors = {
        name: [{"key": f"errors.{key}", "description": f"{name}: {key}"}]
        for name, key in keys.items()
    }
    return Refusal(422, {"errors": errors})


def unknown() -> Refusal:
    """Return the 404."""
    return Refusal(404)


def forbidden() -> Refusal:
    """Return the 403: a scope, a permission or a right is missing."""
    return Refusal(403)
