"""The project of a paid donation can be corrected: its money and its match go to another project in new entries."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"

CONSENTS = ("letter", "email", "message", "phone", "in_person")


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _widen(table: str, name: str, column: str, value: str, condition: str = "{one_of}") -> None:
    """Replace a CHECK by one that allows a further value beside those of now."""
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    wider = dict.fromkeys([*re.findall(r"'([^']*)'", definition), value])
    op.drop_constraint(name, table)
    check = condition.format(one_of=_one_of(column, wider))
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check}) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def upgrade() -> None:
    _widen("ledger_transfer", "ledger_transfer_kind", "kind", "donation_moved")
    _widen(
        "ledger_transfer",
        "ledger_transfer_donation",
        "kind",
        "donation_moved",
        "donation_id IS NOT NULL OR NOT ({one_of})",
    )
    _widen("match_decision", "match_decision_cause", "cause", "corrected")
    _widen("letter", "letter_kind", "kind", "corrected")
    _table()
    _trigger()
    op.execute(f"CREATE OR REPLACE VIEW donation_movement AS {DONATION_MOVEMENT}")


def _table() -> None:
    op.create_table(
        "project_correction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("donation_id", sa.Uuid(), sa.ForeignKey("donation.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("to_project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("match_before_minor", sa.BigInteger(), nullable=False),
        sa.Column("match_after_minor", sa.BigInteger(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("consented_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            server_default=sa.text("nextval('ledger_transfer_id_seq')"),
        ),
        sa.CheckConstraint(_one_of("consent", CONSENTS), name="project_correction_consent"),
        sa.CheckConstraint("from_project_id <> to_project_id", name="project_correction_two_projects"),
        sa.CheckConstraint("amount_minor > 0", name="project_correction_amount"),
        sa.UniqueConstraint("donation_id", "number", name="project_correction_number"),
    )
    op.execute(
        """CREATE TRIGGER project_correction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON project_correction
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )


def _trigger() -> None:
    """The project of a donation changed never; now it may with a correction, whose foreign keys say that both exist."""
    op.execute("DROP TRIGGER donation_project_id_kept ON donation")
    op.execute(
        """CREATE FUNCTION require_project_correction() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF NOT EXISTS (SELECT FROM project_correction
                             WHERE donation_id = NEW.id AND from_project_id = OLD.project_id
                               AND to_project_id = NEW.project_id) THEN
               RAISE EXCEPTION 'the project of donation % is changed without a correction', NEW.id;
             END IF;
             RETURN NULL;
           END $$"""
    )
    op.execute(
        """CREATE CONSTRAINT TRIGGER donation_project_id_corrected AFTER UPDATE OF project_id ON donation
           DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.project_id <> OLD.project_id)
           EXECUTE FUNCTION require_project_correction()"""
    )


DONATION_MOVEMENT = """
    SELECT t.id AS transfer_id, t.kind, a.campaign_id, a.project_id, t.donation_id, t.amount_minor,
           CASE WHEN t.credit_account = a.id THEN t.amount_minor ELSE -t.amount_minor END AS delta_minor,
           t.recorded_at
      FROM ledger_transfer t
      JOIN ledger_account a ON a.id = CASE t.kind WHEN 'donation_received' THEN t.credit_account
                                                  WHEN 'donation_reinstated' THEN t.credit_account
                                                  WHEN 'donation_refunded' THEN t.debit_account END
     WHERE t.kind IN ('donation_received', 'donation_refunded', 'donation_reinstated')
     UNION ALL
    SELECT t.id, t.kind, a.campaign_id, a.project_id, t.donation_id, t.amount_minor,
           CASE WHEN t.credit_account = a.id THEN t.amount_minor ELSE -t.amount_minor END, t.recorded_at
      FROM ledger_transfer t JOIN ledger_account a ON a.id IN (t.debit_account, t.credit_account)
     WHERE t.kind = 'donation_moved'"""
