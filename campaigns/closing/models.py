"""The tables of closing: differences between our books and a provider, problems of a closing, cancellations and
reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from campaigns.closing.suggested_accounts import suggested_account
from kernel.db import identity, moment, one_of
from kernel.money import CURRENCY
from ledger.chart import OF_DIFFERENCES, AccountKind

CAUSES = (
    "missing_here",
    "missing_there",
    "amount",
    "duplicate",
    "late",
    "refund",
    "fee",
    "dispute",
    "adjustment",
    "payment_exception",
    "missing_statement",
    "contradiction",
)
CONTRADICTION = "contradiction"
PROBLEMS = ("step_failed", "statement_unavailable")
STATES = ("open", "matched", "booked", "signed_off")


def is_of_bills(provider: str, cause: str) -> bool:
    """Return whether a difference is between two bills of a partner: nothing is booked, and one of them counts."""
    return cause == CONTRADICTION and provider.startswith("partner:")


class Discrepancy(SQLModel, table=True):
    """A difference between our books and a provider's statement. It ends matched or signed off (`booked` comes from
    earlier versions). `campaign_id` is null for a line that belongs to no campaign.

    `sum_minor` is what the provider holds beyond our books. `booked_minor` is how much of it is booked on
    `account`: all of it while the difference is signed off, otherwise nothing. `bookings` numbers the postings.
    """

    __table_args__ = (
        CheckConstraint(one_of("cause", CAUSES), name="discrepancy_cause"),
        CheckConstraint(one_of("state", STATES), name="discrepancy_state"),
        CheckConstraint(one_of("account", OF_DIFFERENCES), name="discrepancy_account"),
        CheckConstraint("state <> 'signed_off' OR reason <> ''", name="discrepancy_reason"),
        UniqueConstraint(
            "campaign_id",
            "provider",
            "cause",
            "reference",
            name="discrepancy_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("discrepancy_open", "campaign_id", "state"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="campaign.id")
    provider: str
    cause: str
    reference: str
    donation_id: UUID | None = None
    ours_minor: int = Field(default=0, sa_type=BigInteger)
    theirs_minor: int = Field(default=0, sa_type=BigInteger)
    currency: str = Field(default=CURRENCY, sa_column_kwargs={"server_default": text(f"'{CURRENCY}'")})
    sum_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    booked_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    account: str = Field(
        default=AccountKind.SUSPENSE, sa_column_kwargs={"server_default": text(f"'{AccountKind.SUSPENSE}'")}
    )
    bookings: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    state: str
    reason: str = ""
    actor: str = ""
    found_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))

    @property
    def suggested_account(self) -> AccountKind:
        """Return the account that the cause suggests."""
        return suggested_account(self.provider, self.cause, self.sum_minor)

    @property
    def stake_minor(self) -> int:
        """Return the amount that a decision is about, in fen: the larger sum of two bills, of which one counts,
        otherwise the sum to book."""
        return max(abs(self.ours_minor), abs(self.theirs_minor)) if self.is_of_bills else abs(self.sum_minor)

    @property
    def is_of_bills(self) -> bool:
        """Return whether it is between two bills of a partner."""
        return is_of_bills(self.provider, self.cause)


class ClosingProblem(SQLModel, table=True):
    """Why the last run of a campaign's steps failed. The row is deleted when a run succeeds."""

    __tablename__ = "closing_problem"
    __table_args__ = (CheckConstraint(one_of("code", PROBLEMS), name="closing_problem_code"),)
    campaign_id: int = Field(
        sa_type=BigInteger, foreign_key="campaign.id", primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    phase: str
    code: str
    detail: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    times: int = Field(sa_type=BigInteger)
    first_at: datetime = Field(sa_column=moment())
    last_at: datetime = Field(sa_column=moment())


class Cancellation(SQLModel, table=True):
    """The cancellation of a campaign: why, by whom, and what had been paid until then (fen). Once `wound_up_at` is
    set, all money was returned, the statement compared and the report written."""

    __tablename__ = "campaign_cancellation"
    campaign_id: int = Field(
        sa_type=BigInteger, foreign_key="campaign.id", primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    reason: str
    actor: str
    cancelled_at: datetime = Field(sa_column=moment())
    donations: int = Field(sa_type=BigInteger)
    donors: int = Field(sa_type=BigInteger)
    raised_minor: int = Field(sa_type=BigInteger)
    wound_up_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ClosingReport(SQLModel, table=True):
    """The result of a closed campaign, computed from the books up to `ledger_mark`. It never changes."""

    __tablename__ = "closing_report"
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    ledger_mark: int = Field(sa_type=BigInteger)
    report: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    report_hash: str
    created_at: datetime = Field(sa_column=moment())
