"""The language in which a donor requested a code: the letter with it speaks the language of that page."""

import sqlalchemy as sa
from alembic import op

revision = "0116"
down_revision = "0115"


def upgrade() -> None:
    op.add_column("donor_code", sa.Column("language", sa.Text(), nullable=False, server_default="zh"))
