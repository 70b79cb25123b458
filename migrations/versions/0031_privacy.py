"""What is personal is sealed wherever it lies: keys of people and of messages, erased donors, a log of consents.

What is stored already is sealed by the job `personal-data`, in batches: SQL has no keys. Until then it is read as it
was. A message may be changed for that, and for erasing, by whoever says so (`beishan.privacy`); what identifies it may
not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

UNSEALED = "message <> '' OR request_hash NOT LIKE 'k:%' OR instrument !~ '^[^:]+:[0-9a-f]{32}$'"
MESSAGES = ("inbox_event", "inbox_conflict")


def upgrade() -> None:
    _create_tables()
    _allow_privacy()
    for table in MESSAGES:
        op.add_column(table, sa.Column("sealed", sa.LargeBinary(), nullable=True))
        op.add_column(table, sa.Column("sealed_by", sa.BigInteger(), nullable=True))
    op.add_column("donation", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("donation_contact", "donor_key", nullable=True)
    with op.get_context().autocommit_block():
        op.drop_index("donation_contact_donor", "donation_contact", postgresql_concurrently=True, if_exists=True)
        for name, table, column, where in (
            ("inbox_event_unsealed", "inbox_event", "id", "sealed_by IS NULL"),
            ("donation_contact_unmoved", "donation_contact", "donation_id", "wrapped_key IS NOT NULL"),
            ("donation_unsealed", "donation", "id", UNSEALED),
            ("donation_erased", "donation", "campaign_id", "erased_at IS NOT NULL"),
        ):
            op.create_index(
                name,
                table,
                [column],
                postgresql_where=sa.text(where),
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def _create_tables() -> None:
    op.create_table(
        "person_key",
        sa.Column("donation_id", sa.Uuid(), primary_key=True),
        sa.Column("donor_key", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
    )
    op.create_index("person_key_donor", "person_key", ["donor_key"])
    op.create_index(
        "person_key_email", "person_key", ["email_key"], postgresql_where=sa.text("email_key IS NOT NULL")
    )
    op.create_table(
        "message_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("day", sa.Date(), nullable=False, unique=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "erased_donor",
        sa.Column("campaign_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("donor_key", sa.Text(), primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("publish_name", sa.Boolean(), nullable=False),
        sa.Column("use_contact", sa.Boolean(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("consent_donation", "consent", ["donation_id"])
    op.execute(
        """CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )


def _allow_privacy() -> None:
    """Let messages be sealed and erased, and by nothing else be changed."""
    op.execute(
        """CREATE FUNCTION refuse_change_but_for_privacy() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF TG_OP = 'UPDATE' AND current_setting('beishan.privacy', true) = 'on' THEN RETURN NULL; END IF;
             RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
           END $$"""
    )
    for table in MESSAGES:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_but_for_privacy()"""
        )
        op.execute(
            f"""CREATE TRIGGER {table}_identity BEFORE UPDATE ON {table} FOR EACH ROW
                WHEN ((OLD.id, OLD.source, OLD.event_id, OLD.received_at)
                      IS DISTINCT FROM (NEW.id, NEW.source, NEW.event_id, NEW.received_at))
                EXECUTE FUNCTION refuse_change()"""
        )
