"""The first schema: books, pots, network, projects, events, donations, inbox, closing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# Rows that are written once and never changed: a trigger keeps even our own mistakes from touching them.
APPEND_ONLY = (
    "ledger_transfer",
    "audit_entry",
    "project_history",
    "campaign_history",
    "donation_history",
    "match_decision",
    "pot_rules",
    "pot_funding",
    "pot_unlock",
    "inbox_conflict",
    "closing_report",
)


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_entry_subject", "audit_entry", ["subject"], unique=False)
    op.create_table(
        "campaign_donor",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("donor_key", sa.Text(), nullable=False),
        sa.Column("donations", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "donor_key"),
    )
    op.create_table(
        "donation_contact",
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("donor_key", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("donation_id"),
    )
    op.create_index("donation_contact_donor", "donation_contact", ["donor_key"], unique=False)
    op.create_table(
        "donation_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("donation_history_donation", "donation_history", ["donation_id"], unique=False)
    op.create_table(
        "donation_look",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "fund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('special', 'community', 'rural', 'unit', 'personal', 'consumption')", name="fund_kind"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "inbox_conflict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "event_id", "body_hash", name="inbox_conflict_once"),
    )
    op.create_table(
        "inbox_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('new', 'done', 'ignored', 'waiting', 'flagged')", name="inbox_event_state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "event_id", name="inbox_event_once"),
    )
    op.create_index(
        "inbox_event_due", "inbox_event", ["id"], unique=False, postgresql_where=sa.text("state = 'new'")
    )
    op.create_index(
        "inbox_event_waiting",
        "inbox_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'flagged')"),
    )
    op.create_table(
        "job_run",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("floor_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("floor_minor IS NULL OR balance_minor >= floor_minor", name="ledger_account_floor"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "owner", "purpose", "currency", name="ledger_account_name"),
    )
    op.create_index("ledger_account_owner", "ledger_account", ["owner", "kind"], unique=False)
    op.create_table(
        "ledger_transfer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("debit_account", sa.BigInteger(), nullable=False),
        sa.Column("credit_account", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ledger_transfer_positive"),
        sa.CheckConstraint("debit_account <> credit_account", name="ledger_transfer_two_accounts"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "match_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_open", sa.Boolean(), nullable=False),
        sa.Column("trace", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "position", sa.BigInteger(), server_default=sa.text("nextval('ledger_transfer_id_seq')"), nullable=False
        ),
        sa.CheckConstraint(
            "cause IN ('pledge', 'payment', 'late', 'reoffer', 'challenge', 'redistribute')",
            name="match_decision_cause",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("match_decision_donation", "match_decision", ["donation_id"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("lineage", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(level = 'city') = (parent_code IS NULL)", name="organisation_parent"),
        sa.CheckConstraint("level IN ('city', 'county', 'township', 'village')", name="organisation_level"),
        sa.ForeignKeyConstraint(
            ["parent_code"],
            ["organisation.code"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("organisation_lineage", "organisation", ["lineage"], unique=False, postgresql_using="gin")
    op.create_index("organisation_parent_code", "organisation", ["parent_code"], unique=False)
    op.create_table(
        "partner",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("projects", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "pot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('ratio', 'random', 'challenge')", name="pot_kind"),
        sa.CheckConstraint("mode IN ('reserve', 'payment')", name="pot_mode"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("pot_campaign", "pot", ["campaign_id"], unique=False)
    op.create_table(
        "provider_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("payment_intent", sa.Text(), nullable=True),
        sa.Column("donation_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "line_id", name="provider_line_once"),
    )
    op.create_index("provider_line_donation", "provider_line", ["donation_id"], unique=False)
    op.create_index("provider_line_intent", "provider_line", ["payment_intent"], unique=False)
    op.create_table(
        "screening_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sure_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="screening_mark_one"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host_code", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("phase_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("windows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finishing_s", sa.Integer(), nullable=False),
        sa.Column("late_s", sa.Integer(), nullable=False),
        sa.Column("notice_s", sa.Integer(), nullable=False),
        sa.Column("matching_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "phase IN ('draft', 'scheduled', 'open', 'ended', 'settling', 'reconciling', 'notice', 'released', 'archived', 'cancelled')",
            name="campaign_phase",
        ),
        sa.CheckConstraint("ends_at > opens_at", name="campaign_times"),
        sa.CheckConstraint("finishing_s >= 0 AND late_s >= 0 AND notice_s >= 0", name="campaign_durations"),
        sa.ForeignKeyConstraint(
            ["host_code"],
            ["organisation.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "manager",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("branch_code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_code"],
            ["organisation.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "pot_draw",
        sa.Column("pot_id", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("commitment = encode(sha256(seed), 'hex')", name="pot_draw_commitment"),
        sa.CheckConstraint("octet_length(seed) = 32", name="pot_draw_seed"),
        sa.ForeignKeyConstraint(
            ["pot_id"],
            ["pot.id"],
        ),
        sa.PrimaryKeyConstraint("pot_id"),
    )
    op.create_table(
        "pot_funding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("pot_id", sa.BigInteger(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(amount_minor > 0) = (reason IN ('tranche', 'top_up'))", name="pot_funding_direction"),
        sa.CheckConstraint("reason IN ('tranche', 'top_up', 'reduction', 'returned')", name="pot_funding_reason"),
        sa.CheckConstraint("amount_minor <> 0", name="pot_funding_amount"),
        sa.ForeignKeyConstraint(
            ["pot_id"],
            ["pot.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("pot_funding_pot", "pot_funding", ["pot_id"], unique=False)
    op.create_table(
        "pot_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("pot_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "position", sa.BigInteger(), server_default=sa.text("nextval('ledger_transfer_id_seq')"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["pot_id"],
            ["pot.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pot_id", "version", name="pot_rules_version"),
    )
    op.create_table(
        "pot_unlock",
        sa.Column("pot_id", sa.BigInteger(), nullable=False),
        sa.Column("unlocked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("donors", sa.BigInteger(), nullable=False),
        sa.Column("raised_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "position", sa.BigInteger(), server_default=sa.text("nextval('ledger_transfer_id_seq')"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["pot_id"],
            ["pot.id"],
        ),
        sa.PrimaryKeyConstraint("pot_id"),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("organisation_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("target_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("county_code", sa.Text(), nullable=False),
        sa.Column("township_code", sa.Text(), nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'review', 'approved', 'fundraising', 'executing', 'evaluated', 'closed', 'suspended', 'blacklisted')",
            name="project_status",
        ),
        sa.CheckConstraint("tier IN ('brand', 'special', 'micro')", name="project_tier"),
        sa.CheckConstraint("rating BETWEEN 0 AND 5", name="project_rating"),
        sa.CheckConstraint("target_minor > 0", name="project_target"),
        sa.ForeignKeyConstraint(
            ["organisation_code"],
            ["organisation.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("project_lineage", "project", ["lineage"], unique=False, postgresql_using="gin")
    op.create_table(
        "reservation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("pot_id", sa.BigInteger(), nullable=False),
        sa.Column("rules_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("returned_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("held", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("donor_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'reserved') = (ended_at IS NULL)", name="reservation_ended"),
        sa.CheckConstraint("state = 'captured' OR NOT held", name="reservation_held"),
        sa.CheckConstraint("state = 'captured' OR returned_minor = 0", name="reservation_returned_captured"),
        sa.CheckConstraint("state IN ('reserved', 'captured', 'released')", name="reservation_state"),
        sa.CheckConstraint("amount_minor > 0", name="reservation_positive"),
        sa.CheckConstraint("returned_minor BETWEEN 0 AND amount_minor", name="reservation_returned"),
        sa.ForeignKeyConstraint(
            ["pot_id"],
            ["pot.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reservation_donation", "reservation", ["donation_id"], unique=False)
    op.create_index(
        "reservation_donor",
        "reservation",
        ["donor_key", "pot_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'released'"),
    )
    op.create_table(
        "staff_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("organisation_code", sa.Text(), nullable=False),
        sa.Column("donor_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_code"],
            ["organisation.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organisation_code", "donor_key", name="staff_key_once"),
    )
    op.create_table(
        "campaign_entry",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("campaign_id", "project_id"),
    )
    op.create_index("campaign_entry_project", "campaign_entry", ["project_id"], unique=False)
    op.create_table(
        "campaign_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("from_phase", sa.Text(), nullable=True),
        sa.Column("to_phase", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("campaign_history_campaign", "campaign_history", ["campaign_id"], unique=False)
    op.create_index("campaign_history_once", "campaign_history", ["campaign_id", "to_phase"], unique=True)
    op.create_table(
        "campaign_tally",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("donations", sa.BigInteger(), nullable=False),
        sa.Column("donors", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("donations >= 0 AND donors >= 0", name="campaign_tally_positive"),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_table(
        "closing_report",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("ledger_mark", sa.BigInteger(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("report_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_table(
        "discrepancy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=True),
        sa.Column("ours_minor", sa.BigInteger(), nullable=False),
        sa.Column("theirs_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cause IN ('missing_here', 'missing_there', 'amount', 'duplicate', 'late', 'refund', 'fee')",
            name="discrepancy_cause",
        ),
        sa.CheckConstraint("state <> 'signed_off' OR reason <> ''", name="discrepancy_reason"),
        sa.CheckConstraint("state IN ('open', 'matched', 'booked', 'signed_off')", name="discrepancy_state"),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign_id", "provider", "cause", "reference", name="discrepancy_once"),
    )
    op.create_index("discrepancy_open", "discrepancy", ["campaign_id", "state"], unique=False)
    op.create_table(
        "donation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("donor_key", sa.Text(), nullable=False),
        sa.Column("publish_name", sa.Boolean(), nullable=False),
        sa.Column("accept_unmatched", sa.Boolean(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("pledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("match_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("payment_reference", sa.Text(), nullable=True),
        sa.Column("payment_intent", sa.Text(), nullable=True),
        sa.Column("payment_url", sa.Text(), nullable=True),
        sa.Column("client_secret", sa.Text(), nullable=True),
        sa.Column("instrument", sa.Text(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispute", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("dispute IN ('', 'open', 'won', 'lost')", name="donation_dispute"),
        sa.CheckConstraint(
            "status IN ('pending', 'paying', 'paid', 'settled', 'cancelled', 'expired', 'failed', 'refunded', 'disputed')",
            name="donation_status",
        ),
        sa.CheckConstraint(
            "status NOT IN ('paid', 'settled', 'refunded', 'disputed') OR paid_at IS NOT NULL",
            name="donation_paid_at",
        ),
        sa.CheckConstraint("amount_minor > 0", name="donation_amount"),
        sa.CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="donation_refunded"),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("donation_campaign", "donation", ["campaign_id", "project_id", "paid_at"], unique=False)
    op.create_index(
        "donation_instrument",
        "donation",
        ["instrument"],
        unique=False,
        postgresql_where=sa.text("instrument IS NOT NULL"),
    )
    op.create_index(
        "donation_intent",
        "donation",
        ["payment_intent"],
        unique=True,
        postgresql_where=sa.text("payment_intent IS NOT NULL"),
    )
    op.create_index(
        "donation_reference",
        "donation",
        ["payment_reference"],
        unique=False,
        postgresql_where=sa.text("payment_reference IS NOT NULL"),
    )
    op.create_index(
        "donation_source",
        "donation",
        ["campaign_id", "source_code", "paid_at"],
        unique=False,
        postgresql_where=sa.text("source_code <> '' AND channel <> 'partner'"),
    )
    op.create_index(
        "donation_team",
        "donation",
        ["campaign_id", "team", "paid_at"],
        unique=False,
        postgresql_where=sa.text("team <> ''"),
    )
    op.create_index(
        "donation_waiting",
        "donation",
        ["match_until"],
        unique=False,
        postgresql_where=sa.text("status IN ('pending', 'paying')"),
    )
    op.create_table(
        "project_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("project_history_project", "project_history", ["project_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_refund", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('requested', 'sent', 'refused')", name="refund_state"),
        sa.CheckConstraint("amount_minor > 0", name="refund_amount"),
        sa.ForeignKeyConstraint(
            ["donation_id"],
            ["donation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("refund_donation", "refund", ["donation_id"], unique=False)
    op.create_index(
        "refund_requested", "refund", ["id"], unique=False, postgresql_where=sa.text("state = 'requested'")
    )
    op.create_table(
        "screening_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("appeal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("answered_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(answer <> '') = (answered_at IS NOT NULL)", name="screening_case_answer"),
        sa.CheckConstraint("(appeal <> '') = (appealed_at IS NOT NULL)", name="screening_case_appeal"),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (state = 'open' OR (actor <> '' AND reason <> ''))",
            name="screening_case_decided",
        ),
        sa.CheckConstraint("state IN ('open', 'released', 'cancelled')", name="screening_case_state"),
        sa.CheckConstraint("answered_at IS NULL OR appealed_at IS NOT NULL", name="screening_case_answered"),
        sa.CheckConstraint("held_minor >= 0", name="screening_case_held"),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["donation_id"],
            ["donation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("donation_id"),
    )
    op.create_index("screening_case_campaign", "screening_case", ["campaign_id", "state"], unique=False)
    op.execute(
        """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
           END $$"""
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
