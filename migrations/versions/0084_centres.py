"""Where the centres of organisations are, for donors who look for a village near them."""

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"


def upgrade() -> None:
    op.add_column("organisation", sa.Column("latitude", sa.Double()))
    op.add_column("organisation", sa.Column("longitude", sa.Double()))
    op.create_check_constraint(
        "organisation_centre",
        "organisation",
        "(latitude IS NULL) = (longitude IS NULL) AND abs(latitude) <= 90 AND abs(longitude) <= 180",
    )
