"""A token for the manager API may be confined to a branch of the network, as a manager is."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    column = sa.Column("branch_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=True)
    op.add_column("api_token", column)
