"""Released money is divided among shares and paid out by plans, to accounts that another person confirmed."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"

NEW_ACCOUNTS = (
    "allotted",
    "share_project",
    "share_township",
    "share_management",
    "share_fees",
    "payable",
)
NEW_KINDS = (
    "money_allotted",
    "allotment_corrected",
    "remittance_approved",
    "remittance_withdrawn",
    "remittance_paid",
    "remittance_returned",
    "purpose_changed",
)
LEVELS = ("city", "county", "township", "village")
TIME = sa.DateTime(timezone=True)


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _widen(table: str, name: str, condition: str, values: Iterable[str]) -> None:
    """Replace a CHECK by one that allows further values beside those of now."""
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    wider = [*re.findall(r"'([^']*)'", definition), *values]
    op.drop_constraint(name, table)
    check = condition.format(one_of=_one_of("kind", dict.fromkeys(wider)))
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check}) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _key(name: str = "id") -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _text(name: str, default: str | None = None, **options: object) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default, **options)  # type: ignore[arg-type]


def _ref(name: str, to: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{to}.id"), nullable=nullable)


def _code(name: str = "organisation_code", **options: object) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), sa.ForeignKey("organisation.code"), nullable=False, **options)  # type: ignore[arg-type]


def _minor(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=False)


def upgrade() -> None:
    _books()
    _rules()
    _payees()
    _plans()
    for table in ("allotment", "remittance"):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )


def _books() -> None:
    _widen("ledger_account", "ledger_account_kind", "{one_of}", NEW_ACCOUNTS)
    _widen("ledger_account", "ledger_account_campaign", "(campaign_id IS NOT NULL) = ({one_of})", NEW_ACCOUNTS)
    _widen("ledger_account", "ledger_account_project", "(project_id IS NOT NULL) = ({one_of})", NEW_ACCOUNTS)
    _widen("ledger_transfer", "ledger_transfer_kind", "{one_of}", NEW_KINDS)
    op.execute(
        """CREATE OR REPLACE VIEW project_raised AS
           SELECT campaign_id, project_id, balance_minor AS raised_minor FROM ledger_account
            WHERE campaign_id IS NOT NULL AND kind = 'donations'"""
    )
    op.execute(
        f"""CREATE VIEW share_balance AS
            SELECT campaign_id, project_id, kind, balance_minor FROM ledger_account
             WHERE campaign_id IS NOT NULL AND {_one_of("kind", NEW_ACCOUNTS)}"""
    )


def _rules() -> None:
    op.create_table(
        "payout_rules",
        _code(primary_key=True),
        _text("fees_from"),
        _text("lowest_payee"),
        sa.Column("management_most_bps", sa.Integer(), nullable=False),
        sa.CheckConstraint(_one_of("fees_from", ("host", "gifts")), name="payout_rules_fees_from"),
        sa.CheckConstraint(_one_of("lowest_payee", LEVELS), name="payout_rules_lowest_payee"),
        sa.CheckConstraint("management_most_bps BETWEEN 0 AND 10000", name="payout_rules_management"),
    )
    op.create_table(
        "split_rule",
        _key(),
        _ref("project_id", "project"),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("project_bps", "township_bps", "management_bps")
        ),
        sa.Column("valid_from", TIME, nullable=False),
        _text("reason"),
        _text("actor"),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint(
            "least(project_bps, township_bps, management_bps) >= 0"
            " AND project_bps + township_bps + management_bps = 10000",
            name="split_rule_whole",
        ),
    )
    op.create_index("split_rule_project", "split_rule", ["project_id", "valid_from"])
    op.create_table(
        "allotment",
        _key(),
        _ref("campaign_id", "campaign"),
        _ref("project_id", "project"),
        sa.Column("number", sa.Integer(), nullable=False),
        _ref("rule_id", "split_rule", nullable=True),
        *(_minor(f"{name}_minor") for name in ("project", "township", "management", "fees")),
        sa.Column("allotted_at", TIME, nullable=False),
    )
    op.create_index("allotment_once", "allotment", ["campaign_id", "project_id", "number"], unique=True)


def _payees() -> None:
    op.create_table(
        "payee_account",
        _key(),
        _code(),
        *(_text(name) for name in ("holder", "bank", "bank_code", "sealed", "tail", "state", "proposed_by")),
        sa.Column("proposed_at", TIME, nullable=False),
        _text("confirmed_by", ""),
        sa.Column("confirmed_at", TIME),
        sa.Column("ended_at", TIME),
        sa.CheckConstraint(_one_of("state", ("proposed", "active", "ended")), name="payee_account_state"),
    )
    active = sa.text("state = 'active'")
    op.create_index(
        "payee_account_active", "payee_account", ["organisation_code"], unique=True, postgresql_where=active
    )
    op.create_index("payee_account_organisation", "payee_account", ["organisation_code"])


def _plans() -> None:
    op.create_table(
        "payout_plan",
        _key(),
        _ref("campaign_id", "campaign"),
        _text("state"),
        _minor("total_minor"),
        _text("made_by"),
        sa.Column("made_at", TIME, nullable=False),
        _text("approved_by", ""),
        sa.Column("approved_at", TIME),
        _text("sent_by", ""),
        sa.Column("sent_at", TIME),
        _ref("payer_account_id", "payee_account", nullable=True),
        _text("reason", ""),
        sa.CheckConstraint(_one_of("state", ("draft", "approved", "sent", "withdrawn")), name="payout_plan_state"),
        sa.CheckConstraint("total_minor > 0", name="payout_plan_total"),
    )
    draft = sa.text("state = 'draft'")
    op.create_index("payout_plan_draft", "payout_plan", ["campaign_id"], unique=True, postgresql_where=draft)
    op.create_index("payout_plan_campaign", "payout_plan", ["campaign_id"])
    op.create_table(
        "remittance",
        _key(),
        _ref("plan_id", "payout_plan"),
        _code(),
        _ref("payee_account_id", "payee_account", nullable=True),
        _text("end_to_end_id", unique=True),
        _minor("amount_minor"),
        _text("state"),
        _text("reference", ""),
        _text("evidence", ""),
        sa.Column("paid_on", sa.Date()),
        _text("reason", ""),
        _text("actor", ""),
        sa.Column("changed_at", TIME, nullable=False),
        sa.CheckConstraint(
            _one_of("state", ("planned", "approved", "sent", "paid", "returned", "withdrawn")),
            name="remittance_state",
        ),
        sa.CheckConstraint("amount_minor > 0", name="remittance_amount"),
        sa.CheckConstraint(
            f"(paid_on IS NOT NULL) = ({_one_of('state', ('paid', 'returned'))})", name="remittance_paid"
        ),
    )
    op.create_index("remittance_plan", "remittance", ["plan_id"])
    op.create_table(
        "remittance_part",
        _key(),
        _ref("remittance_id", "remittance"),
        _ref("project_id", "project"),
        _text("share"),
        _minor("amount_minor"),
        sa.CheckConstraint("amount_minor > 0", name="remittance_part_amount"),
        sa.CheckConstraint(_one_of("share", ("share_project", "share_township")), name="remittance_part_share"),
    )
    op.create_index(
        "remittance_part_once", "remittance_part", ["remittance_id", "project_id", "share"], unique=True
    )
    op.create_index("remittance_part_project", "remittance_part", ["project_id"])
