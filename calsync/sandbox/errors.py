"""The refusals of the imitated API, as exceptions that know their HTTP answer."""

from typing import Any


class ApiError(Exception):
    """The API answers ``status``, with ``body`` if there is one."""

    def __init__(self, status: int, body: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {body or ''}")
        self.status = status
        self.body = body


class SignInRefused(Exception):
    """The mailbox provider did not let the person in; the text says why and may be shown."""


def unprocessable(field: str, key: str, description: str) -> ApiError:
    """Return the 422 that blames one field, in the documented shape."""
    problem = {"key": f"errors.{key}", "description": description}
    return ApiError(422, {"errors": {field: [problem]}})


def unprocessable_fields(problems: dict[str, list[dict[str, str]]]) -> ApiError:
    """Return the 422 that blames several fields at once."""
    return ApiError(422, {"errors": problems})


def not_found(what: str) -> ApiError:
    """Return the 404 for something unknown or not granted."""
    return ApiError(404, {"message": f"{what} is unknown or was not granted"})


def forbidden(why: str) -> ApiError:
    """Return the 403 that says which right is missing."""
    return ApiError(403, {"message": why})


def locked() -> ApiError:
    """Return the 423 of a profile that does not take writes now."""
    return ApiError(423, {"message": "The profile is not connected"})


def plan_lacks(feature: str) -> ApiError:
    """Return the 402 for a feature that the plan does not include."""
    return ApiError(402, {"message": f"The plan does not include {feature}"})
