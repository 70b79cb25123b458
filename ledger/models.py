"""The tables of the books. Only this package imports them; other packages read through `ledger.statements` and the
views of `ledger.views`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Computed, Index, Text, text
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of
from ledger.chart import OF_CAMPAIGN, OF_FUND, OF_POT, OF_PROJECT, OF_PROVIDER, AccountKind
from ledger.kinds import (
    INTO_FUND,
    LEFT_DONATION,
    MOVED,
    OF_CASE,
    OF_DONATION,
    OF_RESERVATION,
    OUT_OF_FUND,
    TransferKind,
)

_NAME = " || '/' || ".join(
    ["kind"]
    + [f"coalesce(CAST({column} AS text), '')" for column in ("fund_id", "pot_id", "campaign_id", "project_id")]
    + ["coalesce(provider, '')", "currency"]
)


class LedgerAccount(SQLModel, table=True):
    """One account. `balance_minor` is credits minus debits in fen; `floor_minor` is its least value.

    `name` identifies it (see `ledger.chart.Account.name`); which of the ids are set follows from its kind.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint(one_of("kind", AccountKind), name="ledger_account_kind"),
        CheckConstraint(f"(fund_id IS NOT NULL) = ({one_of('kind', OF_FUND)})", name="ledger_account_fund"),
        CheckConstraint(f"(pot_id IS NOT NULL) = ({one_of('kind', OF_POT)})", name="ledger_account_pot"),
        CheckConstraint(
            f"(campaign_id IS NOT NULL) = ({one_of('kind', OF_CAMPAIGN)})", name="ledger_account_campaign"
        ),
        CheckConstraint(
            f"(project_id IS NOT NULL) = ({one_of('kind', OF_PROJECT)})", name="ledger_account_project"
        ),
        CheckConstraint(
            f"(provider IS NOT NULL) = ({one_of('kind', OF_PROVIDER)})", name="ledger_account_provider"
        ),
        CheckConstraint("floor_minor IS NULL OR balance_minor >= floor_minor", name="ledger_account_floor"),
        Index("ledger_account_of_pot", "kind", "pot_id", "project_id", postgresql_where=text("pot_id IS NOT NULL")),
        Index(
            "ledger_account_of_campaign",
            "campaign_id",
            "project_id",
            postgresql_where=text("campaign_id IS NOT NULL"),
        ),
        Index("ledger_account_of_fund", "fund_id", postgresql_where=text("fund_id IS NOT NULL")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    name: str | None = Field(
        default=None, sa_column=Column(Text, Computed(_NAME, persisted=True), nullable=False, unique=True)
    )
    kind: str
    fund_id: int | None = Field(default=None, sa_type=BigInteger)
    pot_id: int | None = Field(default=None, sa_type=BigInteger)
    campaign_id: int | None = Field(default=None, sa_type=BigInteger)
    project_id: int | None = Field(default=None, sa_type=BigInteger)
    provider: str | None = None
    currency: str
    balance_minor: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    floor_minor: int | None = Field(default=None, sa_type=BigInteger)


class LedgerTransfer(SQLModel, table=True):
    """One immutable movement of money between two accounts. A trigger forbids UPDATE, DELETE and TRUNCATE.

    `key` is unique, so that a repeated step posts nothing twice; it is never taken apart. Columns say what the
    transfer belongs to: a donation, a reservation, the decision that moved match, or the screening case that held,
    cleared or took match.
    """

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="ledger_transfer_positive"),
        CheckConstraint("debit_account <> credit_account", name="ledger_transfer_two_accounts"),
        CheckConstraint(one_of("kind", TransferKind), name="ledger_transfer_kind"),
        CheckConstraint(
            f"donation_id IS NOT NULL OR NOT ({one_of('kind', OF_DONATION)})", name="ledger_transfer_donation"
        ),
        CheckConstraint(
            f"(reservation_id IS NOT NULL) = ({one_of('kind', OF_RESERVATION)})",
            name="ledger_transfer_reservation",
        ),
        CheckConstraint(
            f"(decision_id IS NOT NULL) = (kind = '{TransferKind.MATCH_MOVED}')", name="ledger_transfer_decision"
        ),
        CheckConstraint(
            f"kind = '{TransferKind.MATCH_RETURNED}' OR (case_id IS NOT NULL) = ({one_of('kind', OF_CASE)})",
            name="ledger_transfer_case",
        ),
        # Match that left its donation is rare; `explain` looks for it.
        Index(
            "ledger_transfer_match_returned",
            "donation_id",
            postgresql_where=text(one_of("kind", LEFT_DONATION)),
        ),
        # Statements of funds: a few movements among those of millions of donations.
        Index("ledger_transfer_fund_credit", "credit_account", postgresql_where=text(one_of("kind", INTO_FUND))),
        Index("ledger_transfer_fund_debit", "debit_account", postgresql_where=text(one_of("kind", OUT_OF_FUND))),
        Index("ledger_transfer_moved", "kind", postgresql_where=text(one_of("kind", MOVED))),
    )
    id: int | None = Field(default=None, sa_column=identity())
    key: str = Field(unique=True)
    # No foreign keys. `post` is the only writer and takes the ids from the account table, accounts are never
    # deleted, and the key-share locks of two foreign keys per row would pile up on the busiest accounts.
    # `check-books` looks for orphans instead.
    debit_account: int = Field(sa_type=BigInteger)
    credit_account: int = Field(sa_type=BigInteger)
    amount_minor: int = Field(sa_type=BigInteger)
    kind: str
    donation_id: UUID | None = None
    reservation_id: int | None = Field(default=None, sa_type=BigInteger)
    decision_id: int | None = Field(default=None, sa_type=BigInteger)
    case_id: int | None = Field(default=None, sa_type=BigInteger)
    recorded_at: datetime = Field(sa_column=moment())
