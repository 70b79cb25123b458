"""The tables of matching: pots, their funding and rules, reservations, and the decisions behind them."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Computed, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of
from ledger.order import place_in_order
from matching.kinds import RECEIVED, FundingReason, MatchCause, PotKind, PotMode, ReservationState


class Pot(SQLModel, table=True):
    """A pot of match money. Its balance is in the ledger only."""

    __table_args__ = (
        CheckConstraint(one_of("kind", PotKind), name="pot_kind"),
        CheckConstraint(one_of("mode", PotMode), name="pot_mode"),
        Index("pot_campaign", "campaign_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger)
    fund_id: int = Field(sa_type=BigInteger)
    name: str
    rank: int  # 1 is evaluated first; among equal ranks the older pot
    kind: str
    mode: str
    currency: str
    created_at: datetime = Field(sa_column=moment())


class PotRules(SQLModel, table=True):
    """One immutable version of a pot's rules, in force from `valid_from` until the next version's."""

    __tablename__ = "pot_rules"
    __table_args__ = (UniqueConstraint("pot_id", "version", name="pot_rules_version"),)
    id: int | None = Field(default=None, sa_column=identity())
    pot_id: int = Field(sa_type=BigInteger, foreign_key="pot.id")
    version: int
    valid_from: datetime = Field(sa_column=moment())
    rules: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=moment())
    position: int | None = Field(default=None, sa_column=place_in_order())


class PotDraw(SQLModel, table=True):
    """The secret seed of a random pot. Its SHA-256 is public from the start, the seed once `revealed_at` is set."""

    __tablename__ = "pot_draw"
    __table_args__ = (
        CheckConstraint("octet_length(seed) = 32", name="pot_draw_seed"),
        CheckConstraint("commitment = encode(sha256(seed), 'hex')", name="pot_draw_commitment"),
    )
    pot_id: int = Field(sa_type=BigInteger, foreign_key="pot.id", primary_key=True)
    seed: bytes = Field(sa_type=LargeBinary)
    commitment: str
    revealed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class PotUnlock(SQLModel, table=True):
    """A challenge that was met, permanently, with the campaign's figures at that time (`raised_minor` in fen)."""

    __tablename__ = "pot_unlock"
    pot_id: int = Field(sa_type=BigInteger, foreign_key="pot.id", primary_key=True)
    unlocked_at: datetime = Field(sa_column=moment())
    donors: int = Field(sa_type=BigInteger)
    raised_minor: int = Field(sa_type=BigInteger)
    position: int | None = Field(default=None, sa_column=place_in_order())


class PotPause(SQLModel, table=True):
    """A pot was paused or resumed from this position on. Append-only; the newest row of a pot counts."""

    __tablename__ = "pot_pause"
    __table_args__ = (Index("pot_pause_pot", "pot_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    pot_id: int = Field(sa_type=BigInteger, foreign_key="pot.id")
    paused: bool
    at: datetime = Field(sa_column=moment())
    position: int | None = Field(default=None, sa_column=place_in_order())


class PotFunding(SQLModel, table=True):
    """Money that a pot received or returned, in fen. A tranche is in the pot from the start and opens at its time.

    `tranche_id` names the tranche that was withdrawn before it opened.
    """

    __tablename__ = "pot_funding"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="pot_funding_amount"),
        CheckConstraint(one_of("reason", FundingReason), name="pot_funding_reason"),
        CheckConstraint(f"(amount_minor > 0) = ({one_of('reason', RECEIVED)})", name="pot_funding_direction"),
        CheckConstraint("(tranche_id IS NOT NULL) = (reason = 'withdrawn')", name="pot_funding_tranche"),
        UniqueConstraint("tranche_id", name="pot_funding_withdrawn_once"),
        Index("pot_funding_pot", "pot_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    pot_id: int = Field(sa_type=BigInteger, foreign_key="pot.id")
    opens_at: datetime = Field(sa_column=moment())
    amount_minor: int = Field(sa_type=BigInteger)
    reason: str
    tranche_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="pot_funding.id")
    created_at: datetime = Field(sa_column=moment())

    @classmethod
    def received(cls, pot_id: int, amount_minor: int, reason: str, opens_at: datetime, now: datetime) -> Self:
        """Record money that the pot received from its fund; `reason` is tranche or top_up."""
        return cls(pot_id=pot_id, amount_minor=amount_minor, reason=reason, opens_at=opens_at, created_at=now)

    @classmethod
    def returned(cls, pot_id: int, amount_minor: int, reason: str, now: datetime) -> Self:
        """Record money that the pot returned to its fund; `reason` is reduction or returned."""
        return cls(pot_id=pot_id, amount_minor=-amount_minor, reason=reason, opens_at=now, created_at=now)


class TrancheMove(SQLModel, table=True):
    """A tranche opens at another time, for decisions from this position on. Append-only."""

    __tablename__ = "tranche_move"
    __table_args__ = (Index("tranche_move_tranche", "tranche_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    tranche_id: int = Field(sa_type=BigInteger, foreign_key="pot_funding.id")
    opens_at: datetime = Field(sa_column=moment())
    at: datetime = Field(sa_column=moment())
    position: int | None = Field(default=None, sa_column=place_in_order())


class Reservation(SQLModel, table=True):
    """Match reserved for, then captured by, one donation from one pot under one rules version.

    It ends exactly once: captured or released. `returned_minor` is what a refund took back after capture.
    """

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="reservation_positive"),
        CheckConstraint("returned_minor BETWEEN 0 AND amount_minor", name="reservation_returned"),
        CheckConstraint(one_of("state", ReservationState), name="reservation_state"),
        CheckConstraint("state = 'captured' OR returned_minor = 0", name="reservation_returned_captured"),
        CheckConstraint("state = 'captured' OR NOT held", name="reservation_held"),
        CheckConstraint("(state = 'reserved') = (ended_at IS NULL)", name="reservation_ended"),
        Index("reservation_donation", "donation_id"),
        # No index names `state`, and half of each page is kept free. The one update that every row sees then stays
        # on its page and touches no index.
        Index("reservation_donor", "donor_key", "pot_id"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    id: int | None = Field(default=None, sa_column=identity())
    decision_id: int = Field(sa_type=BigInteger)  # the `match_decision` that created it
    donation_id: UUID
    pot_id: int = Field(sa_type=BigInteger)  # a trigger checks once per statement that it exists (ADR 27)
    rules_id: int = Field(sa_type=BigInteger)
    project_id: int = Field(sa_type=BigInteger)
    amount_minor: int = Field(sa_type=BigInteger)
    returned_minor: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    state: str
    # How much of it still counts as match, in fen.
    live_minor: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger,
            Computed("CASE WHEN state = 'released' THEN 0 ELSE amount_minor - returned_minor END", persisted=True),
            nullable=False,
        ),
    )
    held: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )  # on hold until a reviewer decides
    donor_key: str
    day: date
    created_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class MatchDecision(SQLModel, table=True):
    """Why a donation got its match, as decided at the time: the source of explanations."""

    __tablename__ = "match_decision"
    __table_args__ = (
        CheckConstraint(one_of("cause", MatchCause), name="match_decision_cause"),
        Index("match_decision_donation", "donation_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID
    cause: str
    decided_at: datetime = Field(sa_column=moment())
    window_open: bool
    trace: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    position: int | None = Field(default=None, sa_column=place_in_order())
