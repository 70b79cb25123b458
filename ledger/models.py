"""The tables of the books. Only this room imports them; others read through `ledger.statements`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment


class LedgerAccount(SQLModel, table=True):
    """One account. `balance_minor` is credits minus debits in fen; `floor` is the least that it may hold."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("kind", "owner", "purpose", "currency", name="ledger_account_name"),
        CheckConstraint("floor_minor IS NULL OR balance_minor >= floor_minor", name="ledger_account_floor"),
        Index("ledger_account_owner", "owner", "kind"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    kind: str
    owner: str
    purpose: str
    currency: str
    balance_minor: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    floor_minor: int | None = Field(default=None, sa_type=BigInteger)


class LedgerTransfer(SQLModel, table=True):
    """One immutable movement of money between two accounts. A trigger forbids UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="ledger_transfer_positive"),
        CheckConstraint("debit_account <> credit_account", name="ledger_transfer_two_accounts"),
        # What left a donation again is rare, and asked for by its explanation.
        Index(
            "ledger_transfer_match_returned",
            "donation_id",
            postgresql_where=text("reason IN ('match returned', 'match moved to a better pot')"),
        ),
    )
    id: int | None = Field(default=None, sa_column=identity())
    key: str = Field(unique=True)
    # No foreign keys: `post` is the only writer and takes the ids from the account table, accounts are never
    # deleted, and the key-share locks of two foreign keys a row would pile up on the hottest accounts.
    # `check_books` looks for orphans instead.
    debit_account: int = Field(sa_type=BigInteger)
    credit_account: int = Field(sa_type=BigInteger)
    amount_minor: int = Field(sa_type=BigInteger)
    reason: str
    donation_id: UUID | None = None
    recorded_at: datetime = Field(sa_column=moment())
