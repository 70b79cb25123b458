"""The table of teams."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of


class TeamKind(StrEnum):
    """How the members are related. No kind has quotas or takes precedence."""

    FRIENDS = "friends"
    UNIT = "unit"
    COMPANY = "company"
    SCHOOL = "school"
    VILLAGE = "village"


class TeamState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


class Team(SQLModel, table=True):
    """A team of a campaign. Its gifts are those whose label (`donation.team`) is its name, including gifts made
    before the team was approved. `look` is the normalised appearance of the name (`names.look_of`); no two teams
    look alike."""

    __table_args__ = (
        CheckConstraint(one_of("kind", TeamKind), name="team_kind"),
        CheckConstraint(one_of("state", TeamState), name="team_state"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="team_decided"),
        Index("team_look", "campaign_id", "look", unique=True, postgresql_where=text("state <> 'refused'")),
        Index("team_waiting", "id", postgresql_where=text("state = 'waiting'")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    name: str
    look: str
    kind: str
    state: str
    device_key: str | None = None  # the founder's browser, to limit how many teams wait
    created_at: datetime = Field(sa_column=moment())
    decided_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    actor: str = ""
    reason: str = ""
