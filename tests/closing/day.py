"""A giving day on the real sandbox (a process with a clock of its own, the real time), and its walk through the
phases."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from campaigns.closing.models import Discrepancy
from campaigns.closing.reconciliation.discrepancies import listed
from campaigns.closing.report import report
from campaigns.donations.open_payment import open_payment
from campaigns.donations.refunds.refund import request_refund, send_refunds
from campaigns.donations.view import DonationView
from campaigns.lifecycle.campaign import find_campaign
from kernel.clock import FixedClock
from kernel.db import Database
from payments.inbox.inbox import store
from payments.messages import message
from payments.stripe import StripeGateway
from tests.offline import offline_deps
from tests.payments.servers import KEY, Receiver, Server, start_sandbox, until
from tests.world import World, make


@dataclass
class Day:
    """The world of a campaign that ends in an hour, and its provider."""

    world: World
    server: Server

    @classmethod
    def begin(cls, db: Database, clock: FixedClock, server: Server) -> "Day":
        world = World(offline_deps(db, StripeGateway(KEY, server.base, ("card",))), clock)
        make(world, ends_at=clock.at + timedelta(hours=1))
        return cls(world, server)

    def pledge(self, amount_minor: int = 100_00, project: int = 0, **other: Any) -> DonationView:
        """A donor gives, a second after the one before, and is sent to the cashier."""
        self.world.clock.advance(seconds=1)
        return open_payment(self.world.deps, self.world.give(amount_minor, project, **other), "redirect", "zh")

    def pay(self, donation: DonationView) -> DonationView:
        """The donor pays at the cashier; the webhook is received, verified, stored and worked off."""
        self.server.order("/pay", reference=donation.payment_reference)
        self.hear(lambda: self.world.view(donation).paid_at is not None)
        return self.world.view(donation)

    def paid(self, amount_minor: int = 100_00, project: int = 0, **other: Any) -> DonationView:
        return self.pay(self.pledge(amount_minor, project, **other))

    def hear(self, heard: Any) -> None:
        """Webhooks come in until a condition holds."""

        def once() -> bool:
            for event in self.server.receiver.empty():
                with self.world.db.transaction() as tx:
                    store(tx, self.world.deps.keys, [message("stripe", event["id"], event, compare=False)])
            self.world.settle()
            return bool(heard())

        until(once)

    def refund(self, donation: DonationView, amount_minor: int | None = None) -> DonationView:
        """A manager refunds through the provider."""
        before = self.world.view(donation).refunded_minor
        self.world.do(request_refund, donation.id, amount_minor, "asked by the donor", "manager")
        assert send_refunds(self.world.deps) == 1
        self.hear(lambda: self.world.view(donation).refunded_minor > before)
        return self.world.view(donation)

    def intent(self, donation: DonationView) -> str:
        return str(
            self.world.do(
                lambda tx: tx.scalar("SELECT payment_intent FROM donation WHERE id = :id", id=donation.id)
            )
        )

    def charge(self, amount_minor: int, donation: UUID | None = None) -> str:
        """Money at the provider that this engine did not ask for, in the name of a donation or of none."""
        form: dict[str, Any] = {"amount": amount_minor, "currency": "cny", "payment_method_types[]": "card"}
        if donation is not None:
            form["metadata[donation_id]"] = str(donation)
        intent: str = self.server.post("/v1/payment_intents", **form).json()["id"]
        self.server.order("/pay", reference=intent)
        return intent

    def walk(self, phase: str) -> None:
        """Time passes until this phase is due, and the closing ticks once."""
        hours = {"ended": 1, "settling": 1.5, "reconciling": 26.5, "notice": 26.5, "released": 26.5 + 240}[phase]
        campaign = self.world.do(find_campaign, self.world.slug)
        start = campaign.ends_at - timedelta(hours=1)
        self.world.clock.at = max(self.world.clock.at, start + timedelta(hours=hours))
        self.world.close()

    def tick(self) -> str:
        """Run the closing a minute later and return the phase."""
        self.world.clock.advance(seconds=61)
        self.world.close()
        return self.world.phase()

    def report(self) -> dict[str, Any]:
        figures: dict[str, Any] = self.world.do(report, self.world.do(find_campaign, self.world.slug).id)
        return figures

    def history(self) -> list[str]:
        rows = self.world.do(lambda tx: tx.rows("SELECT to_phase FROM campaign_history ORDER BY id"))
        return [row[0] for row in rows]

    def differences(self, state: str | None = "open") -> list[Discrepancy]:
        differences_found: list[Discrepancy] = self.world.do(
            listed, self.world.do(find_campaign, self.world.slug).id, state
        )[0]
        return differences_found

    def causes(self) -> list[tuple[str, UUID | None, int, int]]:
        return sorted(
            (difference.cause, difference.donation_id, difference.ours_minor, difference.theirs_minor)
            for difference in self.differences()
        )

    def books(self, kind: str) -> int:
        """The sum of all accounts of a kind, in fen."""
        return int(
            self.world.do(
                lambda tx: tx.scalar(
                    "SELECT coalesce(sum(balance_minor), 0) FROM ledger_account WHERE kind = :kind", kind=kind
                )
            )
        )


@pytest.fixture
def clock() -> FixedClock:
    """Starts at the real now, because the provider dates its lines by it."""
    return FixedClock(datetime.now(UTC))


@pytest.fixture
def day(db: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Day]:
    """A campaign of the real now, and the sandbox that takes its money."""
    receiver = Receiver()
    server = start_sandbox(tmp_path, receiver)
    yield Day.begin(db, clock, server)
    server.child.stop()
    receiver.close()
