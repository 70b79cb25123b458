"""A rush: donations of a crowd that are paid within a minute, in tables that were never analysed."""

import random
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg

from bench import day
from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import Created, create_donations
from campaigns.donations.donors.contact import Donor
from campaigns.intake.process import process_inbox
from payments.inbox.inbox import store

PROJECTS = 20
MINUTE = timedelta(seconds=60)
AMOUNTS_MINOR = (10_00, 20_00, 50_00, 66_00, 88_00, 100_00, 200_00, 500_00)  # offered by pages, and lucky numbers
BATCH = 1_000


class Gift(NamedTuple):
    """A pledged donation of a rush, in fen."""

    id: UUID
    amount_minor: int


def pledge(deps: Dependencies, count: int) -> list[Gift]:
    """Create donations of a crowd: two thirds leave an e-mail address, all have a browser, and some donors give
    twice."""
    places = day.projects(deps)[:PROJECTS]
    chance = random.Random(count)
    commands = [_command(chance, places[index % PROJECTS], int(count * 0.8)) for index in range(count)]
    for start in range(0, count, BATCH):
        for outcome in create_donations(deps, commands[start : start + BATCH]):
            if not isinstance(outcome, Created):
                raise outcome
    return [Gift(command.id, command.amount_minor) for command in commands]


def _command(chance: random.Random, project_id: int, donors: int) -> CreateDonation:
    person = chance.randrange(donors)
    donor = Donor(email=f"rush{person}@example.cn") if person % 3 else Donor()
    amount_minor = chance.choice(AMOUNTS_MINOR)
    return CreateDonation(uuid4(), day.SLUG, project_id, amount_minor, donor=donor, visitor=f"browser{person}")


def report_payments(deps: Dependencies, gifts: list[Gift]) -> None:
    """Store the provider's messages that all donations were paid, at times spread over the last minute."""
    began = datetime.now(UTC) - MINUTE
    for start in range(0, len(gifts), BATCH):
        some = enumerate(gifts[start : start + BATCH], start)
        messages = [
            day.paid_event(gift.id, began + MINUTE * index / len(gifts), gift.amount_minor) for index, gift in some
        ]
        with deps.db.transaction() as tx:
            store(tx, deps.keys, messages)


def pay(deps: Dependencies, gifts: list[Gift]) -> None:
    """Pay all donations within a minute."""
    report_payments(deps, gifts)
    while process_inbox(deps):
        pass


def forget_statistics(url: str) -> None:
    """Delete the planner's statistics of our tables, as if they were new, and disable autovacuum."""
    with _connected(url) as connection:
        tables = "SELECT format('ALTER TABLE %I SET (autovacuum_enabled = off)', relname) FROM pg_class"
        for row in connection.execute(f"{tables} WHERE relkind = 'r' AND oid >= 16384").fetchall():
            connection.execute(str(row[0]).encode())
        connection.execute("DELETE FROM pg_statistic WHERE starelid >= 16384")
        connection.execute("UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE relkind = 'r' AND oid >= 16384")


def analyse(url: str) -> None:
    """Give the planner statistics of all tables."""
    with _connected(url) as connection:
        connection.execute("ANALYZE")


def checkpoint(url: str) -> None:
    """Write a checkpoint now, so that none is written during a measurement."""
    with _connected(url) as connection:
        connection.execute("CHECKPOINT")


def _connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
