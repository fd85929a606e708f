"""The delivery of notifications: signed, retried with patience, given up after a day."""

import base64
import contextlib
import hashlib
import hmac
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from calsync.sandbox import channels, pending
from calsync.sandbox.faults import Faults
from calsync.sandbox.store import Store

TIMEOUT = 5.0
#: Seconds before each further attempt; the last one repeats.
DELAYS = (10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
#: A channel that has not answered for so long is closed.
PATIENCE = 86_400.0
_FAULTS = {"notification_duplicate", "notification_late", "notification_dropped"}


def sign(body: bytes, secrets: Sequence[str]) -> str:
    """Return the ``Cronofy-HMAC-SHA256`` header: one value for each active secret."""
    digests = (hmac.new(each.encode(), body, hashlib.sha256).digest() for each in secrets)
    return ",".join(base64.b64encode(digest).decode() for digest in digests)


class Courier:
    """Two background threads' worth of work: due writes are applied, due notifications sent."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-courier", daemon=True)
        self._senders = ThreadPoolExecutor(8, thread_name_prefix="sandbox-sender")
        store.on_commit = self._wake.set

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being sent now; the rest stays in the store."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._senders.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while not self._stopped.is_set():
            # A locked database is the only error to expect here; the next
            # round finds the same rows still due.
            with contextlib.suppress(sqlite3.OperationalError):
                pending.apply_due(self._store)
                for row in self._claim_due():
                    self._senders.submit(self._deliver, row)
                self._wake.wait(self._idle_seconds())
            self._wake.clear()

    def _idle_seconds(self) -> float:
        with self._store.read() as tx:
            row = tx.find(
                "SELECT MIN(due_at) AS due_at FROM (SELECT due_at FROM deliveries"
                " WHERE outcome IS NULL UNION ALL SELECT due_at FROM pending_writes)"
            )
            if row is None or row["due_at"] is None:
                return 1.0
            return float(min(max(row["due_at"] - tx.now, 0.001), 1.0))

    def _claim_due(self) -> list[sqlite3.Row]:
        """Return the deliveries that are due, each put off so that none is sent twice at once."""
        with self._store.read() as tx:
            if not tx.count(
                "SELECT COUNT(*) FROM deliveries WHERE outcome IS NULL AND due_at <= ?", [tx.now]
            ):
                return []
        with self._store.begin() as tx:
            return tx.list(
                "UPDATE deliveries SET due_at = ?, attempts = attempts + 1"
                " WHERE outcome IS NULL AND due_at <= ? RETURNING *",
                [tx.now + 4 * TIMEOUT, tx.now],
            )

    def _deliver(self, row: sqlite3.Row) -> None:
        copies = 1
        if row["attempts"] == 1:
            fault = self._faults.take(_FAULTS, "POST", row["url"])
            if fault is not None and fault.kind == "notification_dropped":
                self._settle(row, "dropped")
                return
            if fault is not None and fault.kind == "notification_late":
                self._put_off(row, fault.seconds(5.0))
                return
            copies = 2 if fault is not None else 1
        is_taken = [self._send(row) for _ in range(copies)][-1]
        if is_taken:
            self._settle(row, "delivered")
        else:
            self._retry(row)

    def _send(self, row: sqlite3.Row) -> bool:
        """Post it once and tell whether the other side took it within five seconds."""
        body = row["body"].encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Cronofy-HMAC-SHA256": sign(body, self._store.settings.client_secrets),
        }
        try:
            answer = requests.post(
                row["url"], data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except (requests.RequestException, OSError):
            return False
        return 200 <= answer.status_code < 300

    def _put_off(self, row: sqlite3.Row, seconds: float) -> None:
        with self._store.begin() as tx:
            tx.execute(
                "UPDATE deliveries SET due_at = ? WHERE id = ?", [tx.now + seconds, row["id"]]
            )

    def _retry(self, row: sqlite3.Row) -> None:
        """Choose the next attempt; after a day without success the channel is closed."""
        with self._store.begin() as tx:
            scale = tx.settings.retry_scale
            delay = DELAYS[min(row["attempts"], len(DELAYS)) - 1] * scale
            if tx.now + delay - row["made_at"] <= PATIENCE * scale:
                tx.execute(
                    "UPDATE deliveries SET due_at = ? WHERE id = ?", [tx.now + delay, row["id"]]
                )
                return
            tx.execute("UPDATE deliveries SET outcome = 'failed' WHERE id = ?", [row["id"]])
            if row["channel_id"] is not None:
                channels.close_channel(tx, row["channel_id"])

    def _settle(self, row: sqlite3.Row, outcome: str) -> None:
        with self._store.begin() as tx:
            tx.execute("UPDATE deliveries SET outcome = ? WHERE id = ?", [outcome, row["id"]])
