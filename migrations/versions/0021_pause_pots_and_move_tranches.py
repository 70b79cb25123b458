"""Pots are paused and resumed, and tranches move: facts with their place in the order of decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

NEXT_PLACE = sa.text("nextval('ledger_transfer_id_seq')")
REASONS = "reason IN ('tranche', 'top_up', 'reduction', 'withdrawn', 'returned')"
TRANCHE = "(tranche_id IS NOT NULL) = (reason = 'withdrawn')"


def upgrade() -> None:
    op.create_table(
        "pot_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("pot_id", sa.BigInteger(), sa.ForeignKey("pot.id"), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=NEXT_PLACE, nullable=False),
    )
    op.create_index("pot_pause_pot", "pot_pause", ["pot_id"])
    op.create_table(
        "tranche_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tranche_id", sa.BigInteger(), sa.ForeignKey("pot_funding.id"), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=NEXT_PLACE, nullable=False),
    )
    op.create_index("tranche_move_tranche", "tranche_move", ["tranche_id"])
    for table in ("pot_pause", "tranche_move"):
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
        )
    op.add_column("pot_funding", sa.Column("tranche_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("pot_funding_tranche_id_fkey", "pot_funding", "pot_funding", ["tranche_id"], ["id"])
    op.create_unique_constraint("pot_funding_withdrawn_once", "pot_funding", ["tranche_id"])
    op.drop_constraint("pot_funding_reason", "pot_funding")
    for name, condition in (("reason", REASONS), ("tranche", TRANCHE)):
        op.execute(f"ALTER TABLE pot_funding ADD CONSTRAINT pot_funding_{name} CHECK ({condition}) NOT VALID")
        op.execute(f"ALTER TABLE pot_funding VALIDATE CONSTRAINT pot_funding_{name}")
