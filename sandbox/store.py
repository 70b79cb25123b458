"""The state of the sandbox, in one SQLite file, so that a restart (or a kill) loses nothing.

One connection behind one lock: every request's effects, its events and its stored response are one transaction, as
if Stripe were a very small and very consistent company.
"""

import json
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.wire import missing

ApiObject = dict[str, Any]  # an object of the provider's API, or the parameters of a call

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    payment_intent TEXT,
    charge TEXT,
    donation_id TEXT,
    payout TEXT,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (payment_intent, kind) WHERE payment_intent NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_donation ON objects (donation_id, kind) WHERE donation_id NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_open ON objects (json_extract(body, '$.expires_at'))
    WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open';
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (at);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('pending', 'held', 'delivered', 'dropped', 'given_up')),
    last_status INTEGER
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at, id) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS money_to_come (
    intent TEXT PRIMARY KEY,
    due_at REAL NOT NULL,
    means TEXT NOT NULL
);
"""

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """Return an id in Stripe's form: a prefix, then random letters and digits."""
    return prefix + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(length))


class Store:
    """The file with its lock. Reads and writes whole objects."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")  # safe against a killed process, and fast
        self.db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a transaction: all of it takes effect, or nothing. A nested one joins the outer transaction."""
        with self._lock:
            if self._depth:
                yield
                return
            self.db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            else:
                self.db.execute("COMMIT")
            finally:
                self._depth = 0

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Run part of a transaction that is undone alone if it fails, while the rest goes on."""
        self.db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO attempt")
            self.db.execute("RELEASE attempt")
            raise
        self.db.execute("RELEASE attempt")

    def put(self, record: dict[str, Any]) -> dict[str, Any]:
        """Insert or replace one object (it keeps its place in lists)."""
        metadata = record.get("metadata") or {}
        columns = {
            "id": record["id"],
            "kind": record["object"],
            "created": record["created"],
            "payment_intent": record.get("payment_intent"),
            "charge": record.get("charge"),
            "donation_id": metadata.get("donation_id"),
            "body": json.dumps(record, ensure_ascii=False),
        }
        with self.transaction():
            self.db.execute(
                "INSERT INTO objects (id, kind, created, payment_intent, charge, donation_id, body) VALUES"
                " (:id, :kind, :created, :payment_intent, :charge, :donation_id, :body)"
                " ON CONFLICT (id) DO UPDATE SET body = :body, payment_intent = :payment_intent,"
                " charge = :charge, donation_id = :donation_id",
                columns,
            )
        return record

    def get(self, kind: str, id_: str) -> dict[str, Any]:
        """Return one object. Raises ApiError 404."""
        record = self.find_id(id_)
        if record is None or record["object"] != kind:
            raise missing(kind, id_)
        return record

    def find_id(self, id_: str) -> dict[str, Any] | None:
        """Return the object with this id, of any kind; None if there is none."""
        with self._lock:
            row = self.db.execute("SELECT body FROM objects WHERE id = ?", (id_,)).fetchone()
        return json.loads(row["body"]) if row else None

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Return all rows of a query, read under the lock."""
        with self._lock:
            return self.db.execute(query, values).fetchall()

    def write(self, statement: str, *values: Any) -> int:
        """Run one statement and return the number of rows changed."""
        with self.transaction():
            return self.db.execute(statement, values).rowcount

    def page(
        self, kind: str, conditions: list[tuple[str, Any]], after: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return a page after the object `after`, newest first, and whether there are more. Raises ApiError 404.

        `conditions` are pairs of an SQL comparison with one `?` and its value.
        """
        where = ["kind = ?", *(condition for condition, _ in conditions)]
        values = [kind, *(value for _, value in conditions)]
        if after is not None:
            self.get(kind, after)
            where.append("seq < (SELECT seq FROM objects WHERE id = ?)")
            values.append(after)
        rows = self.rows(
            f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY seq DESC LIMIT ?",
            *values,
            limit + 1,
        )
        return [json.loads(row["body"]) for row in rows[:limit]], len(rows) > limit


def now() -> int:
    """Return Unix seconds, as in Stripe's `created`."""
    return int(time.time())
