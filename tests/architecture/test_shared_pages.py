"""Shared pages are made once per change: every table that they read must say when it changes (ADR 15)."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from campaigns.disclosure.changes import Look, look
from kernel.db import Database, Tx
from tests.cashier import clock, world
from tests.shared_pages.addresses import publish, shared_addresses
from tests.web.conftest import app
from tests.world import World

__all__ = ["app", "clock", "world"]

LOCKED = """SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
             WHERE l.pid = pg_backend_pid() AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"""
COUNTED = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'public_change'"
TIMES = """SELECT c.relname || '.' || a.attname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.atttypid = 'timestamptz'::regtype
            WHERE t.tgname = 'public_change' AND NOT a.attisdropped"""
PLAIN_COLUMN = """SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0
                     AND attgenerated = '' AND attidentity = '' AND NOT attisdropped LIMIT 1"""
# Only `post` writes it, and with it the accounts, which are counted: corrections of a result are read of it.
WITH_ACCOUNTS = {"ledger_transfer"}
# Of it, only the corrections of plans are read, which change their campaign in the same transaction.
WITH_CAMPAIGN = {"audit_entry"}
# Times at which the clock alone changes a page: `next_moment` (campaigns/disclosure/changes.py) names each.
MOMENTS = {
    "campaign.opens_at",
    "campaign.ends_at",
    "pot_rules.valid_from",
    "pot_funding.opens_at",
    "tranche_move.opens_at",
}
# Times at which something was written, or that no shared page compares with the clock.
PAST = {
    "analytics_run.counted_at",
    "analytics_team.paid_before",
    "campaign_cancellation.cancelled_at",
    "campaign_cancellation.wound_up_at",
    "organisation.closed_at",
    "donation.erased_at",
    "campaign.created_at",
    "campaign.phase_since",
    "campaign_entry.created_at",
    "closing_report.created_at",
    "donation.match_until",
    "donation.paid_at",
    "donation.pledged_at",
    "donation_history.at",
    "public_words.decided_at",
    "public_words.written_at",
    "organisation.created_at",
    "pot.created_at",
    "pot_draw.revealed_at",
    "pot_funding.created_at",
    "pot_pause.at",
    "pot_rules.created_at",
    "pot_unlock.unlocked_at",
    "project.contact_consented_at",
    "project_news.hidden_at",
    "project_news.written_at",
    "project_picture.consented_at",
    "project_picture.uploaded_at",
    "project.created_at",
    "audit_sample.drawn_at",
    "audit_sample_mark.marked_at",
    "award.added_at",
    "award_publication.published_at",
    "public_notice.published_at",
    "reservation.created_at",
    "reservation.ended_at",
    "site_switch.turned_at",
    "allotment.allotted_at",
    "payout_plan.approved_at",
    "payout_plan.made_at",
    "payout_plan.sent_at",
    "partner.created_at",
    "remittance.changed_at",
    "goods.decided_at",
    "goods.entered_at",
    "goods_handout.at",
    "spending.decided_at",
    "spending.entered_at",
    "purpose_change.changed_at",
    "surplus_return.entered_at",
    "surplus_use.used_at",
    "related_parties.declared_at",
    "agreement.ended_at",
    "agreement.entered_at",
    "team.created_at",
    "team.decided_at",
    "tranche_move.at",
}


def test_every_table_that_a_shared_page_reads_is_counted(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locks of a page's own transaction name the tables, those behind views included."""
    read: set[str] = set()
    content: set[str] = set()

    def noted(key: Hashable, read_value: Callable[[Tx], Any]) -> Any:
        with world.db.snapshot() as tx:
            value = read_value(tx)
            content.update(row[0] for row in tx.rows(LOCKED))
            return value

    def watched(way: str) -> Any:
        original = getattr(Database, way)

        @contextmanager
        def opened(self: Database, **how: Any) -> Iterator[Tx]:
            with original(self, **how) as tx:
                yield tx
                read.update(row[0] for row in tx.rows(LOCKED))

        return opened

    for way in ("transaction", "snapshot"):
        monkeypatch.setattr(Database, way, watched(way))
    world.pot(500_00)
    world.team("一队")
    world.pay(world.give(team="一队"))
    publish(world)
    read.clear()
    for module in ("campaign", "notices"):
        monkeypatch.setattr(f"app.web.campaigns.{module}.read_content", noted)
    browser = app.test_client()
    for address in shared_addresses(app, world):
        assert browser.get(address).status_code == 200, address
    with world.db.transaction() as tx:
        counted = {row[0] for row in tx.rows(COUNTED)}
    assert len(read) > 8
    assert read - counted == WITH_ACCOUNTS | WITH_CAMPAIGN, (
        "a migration must give these the trigger `public_change`"
    )
    assert content >= {"project", "project_news", "spending", "public_notice", "audit_sample_mark"}
    for table in content:
        before = _look(world).content
        with world.db.transaction() as tx:
            column = tx.scalar(PLAIN_COLUMN, table=table)
            tx.run(
                f"INSERT INTO {table} ({column}) SELECT {column} FROM {table} WHERE false"
            )  # counted all the same
        assert _look(world).content.number > before.number, f"giving writes {table}: `read_once` reads it"


def _look(world: World) -> Look:
    with world.db.transaction() as tx:
        return look(tx)


def test_every_time_in_those_tables_is_a_moment_or_past(world: World) -> None:
    with world.db.transaction() as tx:
        times = {row[0] for row in tx.rows(TIMES)}
    assert times >= MOMENTS
    assert (times - MOMENTS) ^ PAST == set(), "does the clock change a page then? `next_moment` must know"
