"""Sealing everything anew with the key that is first in the settings."""

from calsync.db.sealed import Sealed, list_outdated, replace_sealed
from calsync.services.tools import Tools

_BATCH = 200


def rotate_keys(tools: Tools) -> int:
    """Seal every token with today's key, while the product runs; return how many were.

    A token that changes meanwhile is left to its writer, who seals with
    today's key as well. Afterwards the older keys are needed no more.
    """
    count = 0
    while batch := _list_outdated(tools):
        for sealed in batch:
            text = tools.keyring.open(sealed.text, sealed.place)
            renewed = tools.keyring.seal(text, sealed.place)
            with tools.db.begin() as session:
                count += replace_sealed(session, sealed, renewed)
    return count


def _list_outdated(tools: Tools) -> list[Sealed]:
    with tools.db.read() as session:
        return list_outdated(session, tools.keyring.active_id, _BATCH)
