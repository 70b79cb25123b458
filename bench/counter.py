"""The baseline: giving the way the best-known open matching engine does it, rebuilt from its published design.

Free balances are counters in Redis, changed without locks (`MULTI, SET NX EX, DECRBY, EXEC` per pot). A counter
that fell below zero is restored by the difference, and the donation gets what was left. Holds, and an absolute copy
of each balance, are rows in SQL through the ORM: 9 + 2k statements for a donation that touches k pots. It has
separate tables.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from redis import Redis
from sqlalchemy import BigInteger, DateTime, Engine, ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from kernel.errors import NotFound

KEPT_S = 86_400  # lifetime of a counter in seconds
ATTEMPTS = 5  # how often restoring a counter that fell below zero is tried


class _Base(DeclarativeBase):
    """Separate from the engine's tables, because these are not part of its schema."""


class CounterCampaign(_Base):
    __tablename__ = "counter_campaign"
    slug: Mapped[str] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CounterProject(_Base):
    __tablename__ = "counter_project"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    campaign: Mapped[str] = mapped_column(ForeignKey("counter_campaign.slug"), primary_key=True)


class CounterPot(_Base):
    """A pot; `available_minor` is a copy of its counter (fen)."""

    __tablename__ = "counter_pot"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(ForeignKey("counter_campaign.slug"), index=True)
    rank: Mapped[int]
    funded_minor: Mapped[int] = mapped_column(BigInteger)
    available_minor: Mapped[int] = mapped_column(BigInteger)


class CounterDonor(_Base):
    __tablename__ = "counter_donor"
    email: Mapped[str] = mapped_column(primary_key=True)
    donations: Mapped[int]


class CounterDonation(_Base):
    __tablename__ = "counter_donation"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(ForeignKey("counter_campaign.slug"), index=True)
    project: Mapped[int] = mapped_column(BigInteger)
    donor: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    reference: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CounterHold(_Base):
    """What a donation took from a pot, in fen."""

    __tablename__ = "counter_hold"
    id: Mapped[int] = mapped_column(primary_key=True)
    donation: Mapped[UUID] = mapped_column(ForeignKey("counter_donation.id"), index=True)
    pot: Mapped[int] = mapped_column(ForeignKey("counter_pot.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class Overmatched(NamedTuple):
    """Fen that pots gave beyond what they had, and that donations received beyond their amount."""

    by_pots_minor: int
    by_donations_minor: int


def prepare(
    engine: Engine, slug: str, projects: Sequence[int], pots_minor: Sequence[int], ends_at: datetime
) -> None:
    """Create a campaign with pots of these amounts (fen), used in this order."""
    _Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(CounterCampaign(slug=slug, ends_at=ends_at))
        session.flush()
        session.add_all(CounterProject(id=project, campaign=slug) for project in projects)
        session.add_all(
            CounterPot(campaign=slug, rank=rank, funded_minor=amount, available_minor=amount)
            for rank, amount in enumerate(pots_minor)
        )


def create_donation(deps: Dependencies, redis: Redis, command: CreateDonation) -> int:
    """Store the donation and hold its match, then store the reference of its payment. Return the match in fen."""
    now = datetime.now(UTC)
    with Session(deps.db.engine, expire_on_commit=False) as session:
        with session.begin():
            matched_minor = _hold(session, redis, command, now)
        with session.begin():
            row = session.get_one(CounterDonation, command.id, with_for_update=True, populate_existing=True)
            row.reference, row.status = f"cs_{command.id.hex}", "paying"
    return matched_minor


def _hold(session: Session, redis: Redis, command: CreateDonation, now: datetime) -> int:
    campaign = session.get(CounterCampaign, command.campaign)
    if campaign is None or session.get(CounterProject, (command.project, command.campaign)) is None:
        raise NotFound("campaign_unknown")
    assert session.get(CounterDonation, command.id) is None and now < campaign.ends_at
    donation = CounterDonation(
        id=command.id,
        campaign=command.campaign,
        project=command.project,
        donor=_donor(session, command.donor.email or str(command.id)),
        amount_minor=command.amount_minor,
        status="pending",
        created_at=now,
    )
    session.add(donation)
    session.flush()
    return _allocate(session, redis, donation)


def _donor(session: Session, email: str) -> str:
    """Find or create the donor's account. Two donations of one donor may arrive at the same time."""
    known = session.get(CounterDonor, email)
    made = insert(CounterDonor).values(email=email, donations=known.donations + 1 if known else 1)
    session.execute(
        made.on_conflict_do_update(index_elements=["email"], set_={"donations": made.excluded.donations})
    )
    return email


def _allocate(session: Session, redis: Redis, donation: CounterDonation) -> int:
    """Take the match from the pots that seem to have money, in order."""
    statement = select(CounterPot).where(CounterPot.campaign == donation.campaign, CounterPot.available_minor > 0)
    left = donation.amount_minor
    for pot in session.scalars(statement.order_by(CounterPot.rank)).all():
        if left <= 0:
            break
        taken = _take(redis, pot, min(left, pot.available_minor))
        left -= taken
        if taken > 0:
            session.add(CounterHold(donation=donation.id, pot=pot.id, amount_minor=taken))
        session.flush()
    return donation.amount_minor - left


def _take(redis: Redis, pot: CounterPot, amount_minor: int) -> int:
    """Subtract an amount from the counter of a pot and copy its balance. Return what was actually taken (fen)."""
    key = f"counter-pot-{pot.id}"
    pipeline = redis.pipeline(transaction=True)
    pipeline.set(key, pot.available_minor, nx=True, ex=KEPT_S).decrby(key, amount_minor)
    balance, taken = int(pipeline.execute()[1]), amount_minor
    attempts = 0
    while balance < 0 and attempts < ATTEMPTS:
        taken, over = taken + balance, -balance
        balance = int(redis.incrby(key, over))
        attempts += 1
    if balance < 0:
        balance, taken = int(redis.incrby(key, taken)), 0
    pot.available_minor = balance
    return taken


def overmatched(engine: Engine, slug: str) -> Overmatched:
    """Return what was matched beyond the available money."""
    with Session(engine) as session:
        pots = session.execute(
            select(CounterPot.funded_minor, func.coalesce(func.sum(CounterHold.amount_minor), 0))
            .outerjoin(CounterHold, CounterHold.pot == CounterPot.id)
            .where(CounterPot.campaign == slug)
            .group_by(CounterPot.id)
        ).all()
        donations = session.execute(
            select(CounterDonation.amount_minor, func.sum(CounterHold.amount_minor))
            .join(CounterHold, CounterHold.donation == CounterDonation.id)
            .where(CounterDonation.campaign == slug)
            .group_by(CounterDonation.id)
        ).all()
    beyond = [sum(max(int(held) - amount, 0) for amount, held in rows) for rows in (pots, donations)]
    return Overmatched(*beyond)


def counters() -> Redis:
    """Return the client of the server's Redis."""
    client: Redis = Redis.from_url(os.environ["REDIS_URL"])
    return client
