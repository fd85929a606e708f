"""The sandbox's memory: one SQLite file, its schema, and short transactions on it."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (
    id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS mailboxes (
    address TEXT PRIMARY KEY, name TEXT NOT NULL, service TEXT NOT NULL,
    password TEXT NOT NULL, zone TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS accounts (
    sub TEXT PRIMARY KEY, kind TEXT NOT NULL, email TEXT NOT NULL, name TEXT, zone TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS profiles (
    profile_id TEXT PRIMARY KEY, mailbox TEXT NOT NULL UNIQUE,
    is_connected INTEGER NOT NULL DEFAULT 1, is_failing INTEGER NOT NULL DEFAULT 0,
    needs_initial_sync INTEGER NOT NULL DEFAULT 0, disconnected_at REAL
);
CREATE TABLE IF NOT EXISTS memberships (
    sub TEXT NOT NULL, profile_id TEXT NOT NULL, PRIMARY KEY (sub, profile_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calendars (
    calendar_id TEXT PRIMARY KEY, profile_id TEXT NOT NULL, name TEXT NOT NULL,
    is_primary INTEGER NOT NULL DEFAULT 0, is_readonly INTEGER NOT NULL DEFAULT 0,
    is_deleted INTEGER NOT NULL DEFAULT 0, permission TEXT NOT NULL DEFAULT 'sandbox',
    color TEXT, position INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, calendar_id TEXT NOT NULL, event_id TEXT,
    series_id TEXT, occurrence_at INTEGER,
    is_all_day INTEGER NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    start_zone TEXT NOT NULL, end_zone TEXT NOT NULL, content TEXT NOT NULL,
    is_deleted INTEGER NOT NULL DEFAULT 0, is_exception INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    wire TEXT NOT NULL DEFAULT '', wire_localized TEXT NOT NULL DEFAULT '',
    UNIQUE (calendar_id, event_id)
);
CREATE INDEX IF NOT EXISTS events_by_start ON events (calendar_id, starts_at);
CREATE INDEX IF NOT EXISTS events_by_change ON events (calendar_id, updated_at);
CREATE INDEX IF NOT EXISTS events_by_series ON events (series_id);
CREATE TABLE IF NOT EXISTS past_spans (
    event INTEGER NOT NULL, is_all_day INTEGER NOT NULL,
    starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS past_spans_by_event ON past_spans (event);
CREATE TABLE IF NOT EXISTS series (
    series_id TEXT PRIMARY KEY, calendar_id TEXT NOT NULL, rule TEXT NOT NULL,
    is_all_day INTEGER NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    zone TEXT NOT NULL, content TEXT NOT NULL,
    changed_at INTEGER NOT NULL, expanded_until INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, redirect_uri TEXT NOT NULL, scope TEXT NOT NULL, sub TEXT NOT NULL,
    profile_id TEXT NOT NULL, made_at REAL NOT NULL, service_sub TEXT
);
CREATE TABLE IF NOT EXISTS grants (
    grant_id TEXT PRIMARY KEY, sub TEXT NOT NULL, scope TEXT NOT NULL, refresh_token TEXT UNIQUE,
    service_sub TEXT
);
CREATE INDEX IF NOT EXISTS grants_by_sub ON grants (sub);
CREATE TABLE IF NOT EXISTS access_tokens (
    token TEXT PRIMARY KEY, grant_id TEXT NOT NULL, expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS link_tokens (
    token TEXT PRIMARY KEY, sub TEXT NOT NULL, made_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS permission_requests (
    request_id TEXT PRIMARY KEY, sub TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    wanted TEXT NOT NULL, answer TEXT
);
CREATE TABLE IF NOT EXISTS channels (
    channel_id TEXT PRIMARY KEY, sub TEXT NOT NULL, callback_url TEXT NOT NULL,
    filters TEXT NOT NULL, UNIQUE (sub, callback_url, filters)
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, channel_id TEXT, url TEXT NOT NULL, body TEXT NOT NULL,
    kind TEXT NOT NULL, made_at REAL NOT NULL, due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, outcome TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE outcome IS NULL;
CREATE TABLE IF NOT EXISTS pending_writes (
    id INTEGER PRIMARY KEY, due_at REAL NOT NULL, sub TEXT NOT NULL, method TEXT NOT NULL,
    calendar_id TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS availability_rules (
    sub TEXT NOT NULL, rule_id TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (sub, rule_id)
);
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY, sent_at REAL NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Settings:
    """What a test or the dashboard may turn; durations are seconds."""

    rate_limit: bool = False
    page_size: int = 100
    page_lifetime: float = 600.0
    lag: float = 0.0
    token_lifetime: int = 3600
    #: Retry delays and the day after which a channel is closed are multiplied by this.
    retry_scale: float = 1.0
    clock_shift: float = 0.0
    client_id: str = "sandbox-client"
    #: Two while a rotation lasts: notifications are then signed with both.
    client_secrets: list[str] = field(default_factory=lambda: ["sandbox-secret"])


class Transaction:
    """One short piece of work on the store, all of it at one moment ``now`` (epoch seconds)."""

    def __init__(self, connection: sqlite3.Connection, now: float, settings: Settings) -> None:
        self.connection = connection
        self.now = now
        self.settings = settings

    @property
    def second(self) -> int:
        """The moment in whole seconds, as everything that Cronofy shows has it."""
        return int(self.now)

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(sql, values)

    def find(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        """Return the first row, or None."""
        row: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return row

    def list(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return all rows."""
        return self.connection.execute(sql, values).fetchall()

    def count(self, sql: str, values: Sequence[object] = ()) -> int:
        """Return the number that the statement selects."""
        row = self.connection.execute(sql, values).fetchone()
        return int(row[0])


class Store:
    """The open database: a connection per thread, writers one after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._writing = threading.RLock()
        self.settings = Settings()
        #: Called after each committed transaction that wrote.
        self.on_commit: Callable[[], None] = lambda: None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connect().executescript(SCHEMA)
        self._load_settings()

    def now(self) -> float:
        """Return the present in epoch seconds, moved by the clock shift that was set."""
        return time.time() + self.settings.clock_shift

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Yield a transaction that writes: committed at the end, rolled back if it raises."""
        with self._writing:
            connection = self._connect()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(connection, self.now(), self.settings)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        self.on_commit()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Yield a transaction that sees one state of the store and changes nothing."""
        connection = self._connect()
        connection.execute("BEGIN")
        try:
            yield Transaction(connection, self.now(), self.settings)
        finally:
            connection.execute("COMMIT")

    def change_settings(self, **changes: Any) -> Settings:
        """Set what is named, keep the rest, and return the result."""
        with self.begin() as tx:
            self.settings = replace(self.settings, **changes)
            tx.execute(
                "INSERT OR REPLACE INTO settings VALUES (1, ?)",
                [json.dumps(asdict(self.settings))],
            )
        return self.settings

    def empty(self) -> None:
        """Forget every row but the settings."""
        with self.begin() as tx:
            for row in tx.list("SELECT name FROM sqlite_master WHERE type = 'table'"):
                if row["name"] != "settings":
                    tx.execute(f"DELETE FROM {row['name']}")  # noqa: S608 - our own table names

    def close(self) -> None:
        """Close every connection; the store is not used after this."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._path, isolation_level=None, timeout=10, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            self._threads.connection = connection
            self._connections.append(connection)
        return connection

    def _load_settings(self) -> None:
        row = self._connect().execute("SELECT content FROM settings").fetchone()
        if row is not None:
            self.settings = Settings(**json.loads(row["content"]))
