"""A database that is in use when it is upgraded loses nothing."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command

from embedded.postgres import Postgres
from migrations import configuration, upgrade

STATES = ("new", "done", "ignored", "waiting", "flagged")


@pytest.fixture
def first_schema(postgres: Postgres) -> Iterator[str]:
    """The URL of a database of its own, with the first schema only."""
    admin = postgres.url.replace("+psycopg", "").replace("/beishan?", "/postgres?")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS upgraded")
        connection.execute("CREATE DATABASE upgraded")
        url = postgres.url.replace("/beishan?", "/upgraded?")
        command.upgrade(configuration(url), "0001")
        yield url
        connection.execute("DROP DATABASE upgraded WITH (FORCE)")


def test_messages_keep_what_became_of_them(first_schema: str) -> None:
    plain = first_schema.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        for state in STATES:
            connection.execute(
                """INSERT INTO inbox_event (source, event_id, body, body_hash, received_at, state, note, done_at)
                   VALUES ('stripe', %(state)s, '{}', '', now(), %(state)s, 'why ' || %(state)s,
                           CASE WHEN %(state)s <> 'new' THEN timestamptz '2026-09-09T12:00Z' END)""",
                {"state": state},
            )
    upgrade(first_schema)
    with psycopg.connect(plain) as connection:
        kept = connection.execute(
            """SELECT event_id, state, note, done_at IS NULL
                 FROM inbox_event JOIN inbox_work ON inbox_id = id ORDER BY id"""
        ).fetchall()
    assert kept == [(state, state, f"why {state}", state == "new") for state in STATES]


def test_a_message_is_never_changed_again(first_schema: str) -> None:
    upgrade(first_schema)
    with (
        psycopg.connect(first_schema.replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
    ):
        connection.execute("UPDATE inbox_event SET body_hash = 'other'")
