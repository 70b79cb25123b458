"""Differences that are signed off are booked on the account of their cause, not all to suspense."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0089"

CAUSES = (
    "provider_charges",
    "bank_charges",
    "fee_taxes",
    "outside_refunds",
    "foreign_money",
    "rounding",
    "write_offs",
)


def _one_of(values: Iterable[str], column: str = "kind") -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _widen(name: str, condition: str = "{one_of}") -> None:
    """Replace a CHECK of `ledger_account` by one that has the accounts of causes beside those of now."""
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    wider = dict.fromkeys([*re.findall(r"'([^']*)'", definition), *CAUSES])
    op.drop_constraint(name, "ledger_account")
    check = condition.format(one_of=_one_of(wider))
    op.execute(f"ALTER TABLE ledger_account ADD CONSTRAINT {name} CHECK ({check}) NOT VALID")
    op.execute(f"ALTER TABLE ledger_account VALIDATE CONSTRAINT {name}")


def upgrade() -> None:
    _widen("ledger_account_kind")
    _widen("ledger_account_provider", "(provider IS NOT NULL) = ({one_of})")
    op.add_column(
        "discrepancy", sa.Column("account", sa.Text(), nullable=False, server_default=sa.text("'suspense'"))
    )
    op.create_check_constraint("discrepancy_account", "discrepancy", _one_of(("suspense", *CAUSES), "account"))
