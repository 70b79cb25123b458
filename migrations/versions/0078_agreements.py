"""Agreements, pledges, transfers between funds, and the ceiling of a year's management cost."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"

KINDS = ("donation", "partner", "fund", "contract")
TIME = sa.DateTime(timezone=True)


def _key() -> "sa.Column[int]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _text(name: str, default: str | None = None) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _ref(name: str, to: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{to}.id"), nullable=nullable)


def _minor() -> "sa.Column[int]":
    return sa.Column("amount_minor", sa.BigInteger(), nullable=False)


def upgrade() -> None:
    year = sa.Column("management_year_most_bps", sa.Integer(), nullable=False, server_default=sa.text("1000"))
    op.add_column("payout_rules", year)
    op.add_column("payout_rules", _text("management_source", "慈善法 第61条"))
    within = "management_year_most_bps BETWEEN 0 AND 10000"
    op.create_check_constraint("payout_rules_management_year", "payout_rules", within)
    _fund_transfers()
    _agreements()
    op.execute(
        """CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON agreement
           FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
    )


def _fund_transfers() -> None:
    op.create_table(
        "fund_transfer",
        _key(),
        _ref("from_fund_id", "fund"),
        _ref("to_fund_id", "fund"),
        _minor(),
        _text("reason"),
        _text("actor"),
        sa.Column("moved_at", TIME, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="fund_transfer_amount"),
        sa.CheckConstraint("from_fund_id <> to_fund_id", name="fund_transfer_funds"),
        sa.CheckConstraint("reason <> ''", name="fund_transfer_said"),
    )
    op.create_index("fund_transfer_from", "fund_transfer", ["from_fund_id"])
    op.create_index("fund_transfer_to", "fund_transfer", ["to_fund_id"])


def _agreements() -> None:
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_table(
        "agreement",
        _key(),
        _text("kind"),
        sa.Column("organisation_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=False),
        *(_text(name) for name in ("number", "title", "party")),
        _ref("campaign_id", "campaign", nullable=True),
        _ref("fund_id", "fund", nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("amount_minor", sa.BigInteger()),
        _text("assessment", ""),
        _text("document", ""),
        _text("actor"),
        sa.Column("entered_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        _text("end_reason", ""),
        sa.CheckConstraint(f"kind IN ({listed})", name="agreement_kind"),
        sa.CheckConstraint("amount_minor > 0", name="agreement_amount"),
        sa.CheckConstraint("ends_on >= signed_on", name="agreement_term"),
        sa.CheckConstraint("(kind = 'partner') = (campaign_id IS NOT NULL)", name="agreement_campaign"),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name="agreement_end"),
        sa.UniqueConstraint("organisation_code", "number", name="agreement_once"),
    )
    named = sa.text("campaign_id IS NOT NULL")
    op.create_index("agreement_campaign_id", "agreement", ["campaign_id"], postgresql_where=named)
    op.create_table(
        "pledge",
        _key(),
        _ref("agreement_id", "agreement"),
        sa.Column("due_on", sa.Date(), nullable=False),
        _minor(),
        sa.Column("called_at", TIME),
        _text("called_by", ""),
        sa.Column("waived_at", TIME),
        _text("waived_by", ""),
        _text("waive_reason", ""),
        sa.CheckConstraint("amount_minor > 0", name="pledge_amount"),
        sa.CheckConstraint("(waived_at IS NULL) = (waive_reason = '')", name="pledge_waived"),
    )
    op.create_index("pledge_agreement", "pledge", ["agreement_id"])
    op.create_table(
        "pledge_payment",
        _key(),
        _ref("pledge_id", "pledge"),
        _ref("deposit_id", "fund_entry"),
        _minor(),
        _text("actor"),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="pledge_payment_amount"),
        sa.UniqueConstraint("pledge_id", "deposit_id", name="pledge_payment_once"),
    )
    op.create_index("pledge_payment_deposit", "pledge_payment", ["deposit_id"])
