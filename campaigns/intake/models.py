"""The tables of intake: partners' codes of our projects, settled contradictions between messages, and acknowledged
alarms about partners."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

import campaigns.projects.models  # noqa: F401  (foreign keys refer to its tables)
import payments.models  # noqa: F401
from kernel.db import moment


class PartnerProjectCode(SQLModel, table=True):
    """A partner platform's own code for one of our projects. It takes precedence over an equal code of ours."""

    __tablename__ = "partner_project_code"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    code: str = Field(primary_key=True)
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    actor: str
    mapped_at: datetime = Field(sa_column=moment())


class SettledConflict(SQLModel, table=True):
    """What an operator found out about two contradicting messages with one id.

    The first message stays in force. Any change comes as a message of its own, or through the desks.
    """

    __tablename__ = "settled_conflict"
    conflict_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key="inbox_conflict.id")
    reason: str
    actor: str
    settled_at: datetime = Field(sa_column=moment())


class PartnerAlarmAcknowledgement(SQLModel, table=True):
    """The newest acknowledgement of a kind of alarm about a platform, which concerned `pieces` events then."""

    __tablename__ = "partner_alarm_acknowledgement"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    kind: str = Field(primary_key=True)
    pieces: int = Field(sa_type=BigInteger)
    actor: str
    acknowledged_at: datetime = Field(sa_column=moment())
