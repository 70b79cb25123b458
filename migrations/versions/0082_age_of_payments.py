"""The greatest age of a partner's payments that counts without an operator."""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"


def upgrade() -> None:
    op.add_column("partner", sa.Column("age_most_days", sa.BigInteger(), nullable=True))
