"""How long closing a campaign takes, and how that grows with its donations."""

import gc
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from bench import cpu, day
from bench.house import STRIPE_KEY, House
from bench.result import Result
from bench.settling import fill
from campaigns.check import check_books
from campaigns.closing.close import close
from campaigns.dependencies import Dependencies
from campaigns.intake.process import process_inbox
from campaigns.lifecycle.campaign import find_campaign
from campaigns.screening.screen import OVERLAP, screen
from kernel.clock import FixedClock
from payments.gateway import StatementLine
from payments.stripe import StripeGateway

FULL, USUAL = 1_000_000, 100_000  # donations; the full size takes many minutes to prepare: BENCH_FULL=1
BATCH = 500
FEE_MINOR = 6


class Statement(StripeGateway):
    """The real gateway with a prepared statement, because the provider's network is not measured."""

    charges: Mapping[UUID, int]  # by donation, in fen

    def statement(self, since: datetime, until: datetime) -> Iterator[StatementLine]:  # noqa: ARG002
        at = datetime.now(UTC)
        for donation_id, amount_minor in self.charges.items():
            yield StatementLine(
                provider=self.provider,
                kind="charge",
                line_id=f"txn_{donation_id.hex}",
                source_id=f"ch_{donation_id.hex}",
                payment_intent=f"pi_{donation_id.hex}",
                donation_id=donation_id,
                amount_minor=amount_minor,
                fee_minor=FEE_MINOR,
                currency="CNY",
                occurred_at=at,
            )


class Closing(NamedTuple):
    """The cost of closing a campaign: seconds, processor seconds of all processes, and memory growth of this
    process in MB."""

    seconds: float
    processor_s: float
    grown_mb: float


def run(house: House, many: int | None = None) -> list[Result]:
    """Close a campaign with many donations and one with a tenth of them, each on a fresh database."""
    many = many or (FULL if os.environ.get("BENCH_FULL") == "1" else USUAL)
    few = many // 10
    short, long = timed(house, few), timed(house, many)
    note = (
        f"an event of {few:,} donations; all phases from the end to released, everything screened before, the "
        f"provider's statement at hand, no statistics made for it; memory at its peak grew by {short.grown_mb:.0f} "
        f"and {long.grown_mb:.0f} MB"
    )
    growth = f"ten times the donations take so many times longer ({few:,} to {many:,}); baseline: 10 is linear"
    target = 90.0 * many / FULL
    costs = {"closed donation": long.processor_s / many * 1e6}
    unit = f"s for {many:,} donations"
    return [
        Result("close_1m", long.seconds, unit, short.seconds, target, "most", note, costs),
        Result("close_10x_growth", long.seconds / short.seconds, "times", 10.0, 12.0, "most", growth),
    ]


def timed(house: House, count: int) -> Closing:
    """Close a campaign with `count` paid donations. Raises Broken."""
    deps = house.deps(house.database())
    try:
        gateway = Statement(STRIPE_KEY, None, ("card",))
        gateway.charges = dict.fromkeys(_paid(deps, count), day.GIFT_MINOR)
        closing = replace(deps, gateway=gateway)
        gc.collect()
        before_mb, before_s = _start_peak_mb(), cpu.seconds(os.getpid())
        took = sum(close_phase(closing, at, phase) for at, phase in times(deps))
        result = Closing(took, cpu.seconds(os.getpid()) - before_s, _memory_mb("VmHWM") - before_mb)
        with deps.db.snapshot() as tx:
            if faults := check_books(tx):
                raise day.Broken("; ".join(faults[:3]))
        return result
    finally:
        deps.db.close()


def _start_peak_mb() -> float:
    """Reset the kernel's peak of memory, and return the current use in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory_mb("VmRSS")


def _memory_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def _paid(deps: Dependencies, count: int) -> list[UUID]:
    pledged = day.pledge(deps, count)
    fill(deps, pledged)
    while process_inbox(deps):
        pass
    for later in (timedelta(), 2 * OVERLAP):  # each payment is screened twice
        screen(deps.at(FixedClock(datetime.now(UTC) + later)))
    return pledged


def times(deps: Dependencies) -> list[tuple[datetime, str]]:
    """Return when to run the closing job, and the phase that the campaign has reached by then."""
    with deps.db.transaction() as tx:
        campaign = find_campaign(tx, day.SLUG)
    late = campaign.ends_at + timedelta(seconds=campaign.finishing_s + campaign.late_s + 60)
    return [(late, "notice"), (late + timedelta(seconds=campaign.notice_s + 60), "released")]


def close_phase(deps: Dependencies, at: datetime, phase: str) -> float:
    began = time.perf_counter()
    close(deps.at(FixedClock(at)), day.SLUG)
    took = time.perf_counter() - began
    with deps.db.transaction() as tx:
        reached = find_campaign(tx, day.SLUG).phase
    if reached != phase:
        raise day.Broken(f"the event is {reached}, not {phase}")
    return took
