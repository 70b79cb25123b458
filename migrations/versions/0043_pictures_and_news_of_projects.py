"""Pages of projects show pictures and news of the village."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    news = op.create_table(
        "project_news",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("hidden_at", sa.DateTime(timezone=True)),
        sa.Column("hide_reason", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint("title <> ''", name="project_news_title"),
        sa.CheckConstraint("(hidden_by <> '') = (hidden_at IS NOT NULL)", name="project_news_hidden"),
    )
    op.create_index("project_news_project", "project_news", ["project_id"])
    pictures = op.create_table(
        "project_picture",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("news_id", sa.BigInteger(), sa.ForeignKey("project_news.id")),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("focus_x", sa.Integer(), nullable=False),
        sa.Column("focus_y", sa.Integer(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False, server_default=""),
        sa.Column("taken_on", sa.Date()),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True)),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("people IN ('none', 'adults', 'children')", name="project_picture_people"),
        sa.CheckConstraint("(people <> 'none') = (consented_at IS NOT NULL)", name="project_picture_consent"),
        sa.CheckConstraint("focus_x BETWEEN 0 AND 10 AND focus_y BETWEEN 0 AND 10", name="project_picture_focus"),
        sa.CheckConstraint("width > 0 AND height > 0", name="project_picture_size"),
    )
    op.create_index("project_picture_file", "project_picture", ["file_key"], unique=True)
    op.create_index("project_picture_project", "project_picture", ["project_id", "content_hash"])
    op.create_index("project_picture_news", "project_picture", ["news_id"], unique=True)
    for table in (news, pictures):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table.name}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
