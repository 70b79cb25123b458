"""A database that is in use when it is upgraded loses nothing."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command
from sqlalchemy.exc import DBAPIError, IntegrityError

from campaigns.check import check_books
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.disclosure.totals import pot_views, totals
from campaigns.donations.explain import explain
from campaigns.donations.facts.replay import replay
from campaigns.funds.funds import list_funds
from campaigns.projects.place_totals import by_place
from embedded.postgres import Postgres
from kernel.clock import FixedClock
from kernel.db import Database, Tx
from ledger.chart import OF_DIFFERENCES, SHARES, AccountKind
from ledger.kinds import TransferKind
from migrations import configuration, upgrade
from tests.copies import copied
from tests.databases import connected
from tests.offline import offline_deps

STATES = ("new", "done", "ignored", "waiting", "flagged")
FIXTURES = Path(__file__).parents[1] / "fixtures"
EXPECTED = json.loads((FIXTURES / "expected_0008.json").read_text())
EXPECTED_POT = EXPECTED["pots"]["gone"][0]  # the fields of a pot then


@contextmanager
def created(postgres: Postgres, name: str) -> Iterator[str]:
    """A database of this name without any table."""
    with connected(postgres.url, "postgres") as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield postgres.url.replace("/beishan?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a database of its own, without any table."""
    with created(postgres, "upgraded") as url:
        yield url


@pytest.fixture
def first_schema(empty_database: str) -> str:
    """The URL of a database of its own, with the first schema only."""
    command.upgrade(configuration(empty_database), "0001")
    return empty_database


def load_0008(url: str) -> None:
    """Load the database in `tests/fixtures`, before its upgrade."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(gzip.decompress((FIXTURES / "schema_0008.sql.gz").read_bytes()))


@pytest.fixture
def schema_0008(empty_database: str) -> str:
    """The URL of a database of its own, as it was before its upgrade."""
    load_0008(empty_database)
    return empty_database


@pytest.fixture(scope="module")
def upgraded_once(postgres: Postgres) -> Iterator[str]:
    """The URL of the same after the upgrade, with the record of a job that was renamed since."""
    with created(postgres, "upgraded_once") as url:
        load_0008(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("DELETE FROM job_run")
            connection.execute(
                "INSERT INTO job_run (name, started_at, runs, failures) VALUES ('settle', now(), 7, 2)"
            )
        upgrade(url)
        yield url


@pytest.fixture
def upgraded(upgraded_once: str) -> Iterator[Database]:
    """A copy of it."""
    with copied(upgraded_once, "upgraded_copy") as url:
        database = Database(url, FixedClock(datetime.fromisoformat(EXPECTED["now"])))
        yield database
        database.close()


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


def test_a_message_is_never_changed_again(upgraded: Database) -> None:
    with pytest.raises(DBAPIError, match="append-only"), upgraded.transaction() as tx:
        tx.run("UPDATE inbox_event SET body_hash = 'other'")


def test_the_books_hold_after_the_upgrade(upgraded: Database) -> None:
    """Two refunds came after the statement was read: the next comparison lists them."""
    with upgraded.transaction() as tx:
        compare(tx)
    with upgraded.snapshot() as tx:
        assert check_books(tx) == []


def test_every_decision_is_replayed_after_the_upgrade(upgraded: Database) -> None:
    deps = offline_deps(upgraded)
    replayed = {slug: replay(deps, slug) for slug in EXPECTED["decisions"]}
    assert {slug: result.differences for slug, result in replayed.items()} == dict.fromkeys(replayed, ())
    assert {slug: result.decisions for slug, result in replayed.items()} == EXPECTED["decisions"]


def test_every_donation_is_explained_as_before_the_upgrade(upgraded: Database) -> None:
    with upgraded.snapshot() as tx:
        explanation = {id_: _as_json(explain(tx, UUID(id_)).as_json()) for id_ in EXPECTED["donations"]}
    story_told = {
        id_: {name: explanation[id_][name] for name in before} for id_, before in EXPECTED["donations"].items()
    }
    assert story_told == EXPECTED["donations"]
    causes = {(part["cause"], part["to_fund"]) for before in story_told.values() for part in before["returns"]}
    assert causes == {("refund", False), ("refund", True), ("review", False), ("review", True), ("moved", False)}


def test_totals_are_the_same_after_the_upgrade(upgraded: Database) -> None:
    with upgraded.snapshot() as tx:
        campaigns = dict(tx.rows("SELECT slug, id FROM campaign"))
        assert {slug: totals(tx, [id_])[id_]._asdict() for slug, id_ in campaigns.items()} == EXPECTED["totals"]
        assert {slug: _pots(tx, id_) for slug, id_ in campaigns.items()} == EXPECTED["pots"]
        for slug, id_ in campaigns.items():
            for level, rows in EXPECTED["places"][slug].items():
                assert _as_json(by_place(tx, id_, level)) == rows
        assert _as_json([fund[:-1] for fund in list_funds(tx)]) == EXPECTED["funds"]
        assert {fund.organisation_code for fund in list_funds(tx)} == {None}  # owners came later


def test_every_kind_of_transfer_is_in_the_fixture(upgraded: Database) -> None:
    with upgraded.snapshot() as tx:
        transfers = {row[0] for row in tx.rows("SELECT DISTINCT kind FROM ledger_transfer")}
        accounts = {row[0] for row in tx.rows("SELECT DISTINCT kind FROM ledger_account")}
    later = {
        TransferKind.DONATION_REINSTATED,
        TransferKind.DONATION_MOVED,
        TransferKind.LOSS_BOOKED,
        TransferKind.LOSS_RECOVERED,
        TransferKind.DIFFERENCE_BOOKED,
        TransferKind.DIFFERENCE_CORRECTED,
        TransferKind.PAYOUT,
        TransferKind.PAYOUT_RETURNED,
        TransferKind.DEPOSIT_CORRECTED,
        TransferKind.MONEY_ALLOTTED,
        TransferKind.ALLOTMENT_CORRECTED,
        TransferKind.REMITTANCE_APPROVED,
        TransferKind.REMITTANCE_WITHDRAWN,
        TransferKind.REMITTANCE_PAID,
        TransferKind.REMITTANCE_RETURNED,
        TransferKind.PURPOSE_CHANGED,
        TransferKind.SURPLUS_RETURNED,
        TransferKind.SURPLUS_MOVED,
        TransferKind.SURPLUS_TO_FUND,
        TransferKind.FUND_MOVED,
    }
    accounts_later = {AccountKind.LOSSES, AccountKind.ALLOTTED, AccountKind.PAYABLE, *OF_DIFFERENCES, *SHARES}
    assert transfers == set(TransferKind) - later
    assert accounts == set(AccountKind) - accounts_later


def test_the_upgraded_books_stay_append_only(upgraded: Database) -> None:
    with pytest.raises(DBAPIError, match="append-only"), upgraded.transaction() as tx:
        tx.run("UPDATE ledger_transfer SET amount_minor = 1")


def test_a_transfer_without_a_known_reason_stops_the_upgrade(schema_0008: str) -> None:
    with psycopg.connect(schema_0008.replace("+psycopg", "")) as connection:
        connection.execute(
            """INSERT INTO ledger_transfer (key, debit_account, credit_account, amount_minor, reason, recorded_at)
               VALUES ('odd', 1, 2, 1, 'for a reason that nobody knows', now())"""
        )
    with pytest.raises(IntegrityError, match="null value"):
        upgrade(schema_0008)


def _pots(tx: Tx, campaign_id: int) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in pot._asdict().items() if name in EXPECTED_POT}
        for pot in pot_views(tx, campaign_id)
    ]


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def test_an_upgrade_keeps_the_record_of_renamed_jobs(upgraded: Database) -> None:
    with upgraded.snapshot() as tx:
        rows = tx.rows("SELECT name, runs, failures, counts FROM job_run")
    assert rows == [("process-inbox", 7, 2, {})]
