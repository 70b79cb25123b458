"""Projects have a theme: what they are about."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

THEMES = "'meals', 'children', 'lights', 'water', 'clinic', 'road', 'school', 'environment', 'other'"


def upgrade() -> None:
    op.add_column("project", sa.Column("theme", sa.Text(), nullable=False, server_default="other"))
    op.execute(f"ALTER TABLE project ADD CONSTRAINT project_theme CHECK (theme IN ({THEMES}))")
