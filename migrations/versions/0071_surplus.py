"""The surplus of ended projects, what a change of purpose rests on, and transfers between funds in the books."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"

NEW_KINDS = ("surplus_returned", "surplus_moved", "surplus_to_fund", "fund_moved")
INTO_FUND = (
    "deposit",
    "deposit_corrected",
    "pot_reduced",
    "pot_returned",
    "match_returned",
    "surplus_to_fund",
    "fund_moved",
)
OUT_OF_FUND = ("deposit_corrected", "pot_funded", "fund_moved")
WAYS = ("same_purpose", "same_township", "fund")
SHARES = ("share_project", "share_township")
TIME = sa.DateTime(timezone=True)


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _key() -> "sa.Column[int]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _text(name: str, default: str | None = None, **options: object) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default, **options)  # type: ignore[arg-type]


def _ref(name: str, to: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{to}.id"), nullable=nullable)


def upgrade() -> None:
    op.add_column("payout_rules", _text("surplus_to", "same_purpose"))
    op.create_check_constraint("payout_rules_surplus_to", "payout_rules", _one_of("surplus_to", WAYS))
    op.add_column("purpose_change", _text("basis", "filing"))
    op.add_column("purpose_change", _text("evidence", ""))
    bases = _one_of("basis", ("filing", "consent", "notice"))
    op.create_check_constraint("purpose_change_basis", "purpose_change", bases)
    op.create_check_constraint("purpose_change_evidence", "purpose_change", "basis = 'filing' OR evidence <> ''")
    _tables()
    for table in ("purpose_change", "surplus_return", "surplus_use"):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
    _books()


def _tables() -> None:
    op.create_table(
        "surplus_return",
        _key(),
        _ref("campaign_id", "campaign"),
        _ref("project_id", "project"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        _text("reference", unique=True),
        sa.Column("returned_on", sa.Date(), nullable=False),
        _text("actor"),
        sa.Column("entered_at", TIME, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="surplus_return_amount"),
    )
    op.create_index("surplus_return_project", "surplus_return", ["project_id"])
    op.create_table(
        "surplus_use",
        _key(),
        _ref("campaign_id", "campaign"),
        _ref("project_id", "project"),
        _text("share"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        _text("way"),
        _ref("to_project_id", "project", nullable=True),
        _ref("to_fund_id", "fund", nullable=True),
        _text("reason"),
        _text("actor"),
        sa.Column("used_at", TIME, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="surplus_use_amount"),
        sa.CheckConstraint(_one_of("way", WAYS), name="surplus_use_way"),
        sa.CheckConstraint(_one_of("share", SHARES), name="surplus_use_share"),
        sa.CheckConstraint(
            "(to_project_id IS NULL) = (way = 'fund') AND (to_fund_id IS NOT NULL) = (way = 'fund')",
            name="surplus_use_to",
        ),
        sa.CheckConstraint("reason <> ''", name="surplus_use_said"),
    )
    op.create_index("surplus_use_from", "surplus_use", ["project_id"])
    op.create_index("surplus_use_to_project", "surplus_use", ["to_project_id"])


def _books() -> None:
    name, table = "ledger_transfer_kind", "ledger_transfer"
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    kinds = dict.fromkeys([*re.findall(r"'([^']*)'", definition), *NEW_KINDS])
    op.drop_constraint(name, table)
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({_one_of('kind', kinds)}) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    op.execute(
        f"""CREATE OR REPLACE VIEW fund_movement AS
            SELECT t.id AS transfer_id, t.key, t.kind, a.fund_id, t.amount_minor AS delta_minor, o.pot_id, t.donation_id,
                   t.recorded_at
              FROM ledger_account a JOIN ledger_transfer t ON t.credit_account = a.id
              JOIN ledger_account o ON o.id = t.debit_account
             WHERE a.fund_id IS NOT NULL AND {_one_of("t.kind", INTO_FUND)}
             UNION ALL
            SELECT t.id, t.key, t.kind, a.fund_id, -t.amount_minor, o.pot_id, t.donation_id, t.recorded_at
              FROM ledger_account a JOIN ledger_transfer t ON t.debit_account = a.id
              JOIN ledger_account o ON o.id = t.credit_account
             WHERE a.fund_id IS NOT NULL AND {_one_of("t.kind", OUT_OF_FUND)}"""
    )
    with op.get_context().autocommit_block():
        for side, of_side in (("credit", INTO_FUND), ("debit", OUT_OF_FUND)):
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ledger_transfer_fund_{side}")
            op.execute(
                f"CREATE INDEX CONCURRENTLY ledger_transfer_fund_{side} ON ledger_transfer ({side}_account)"
                f" WHERE {_one_of('kind', of_side)}"
            )
