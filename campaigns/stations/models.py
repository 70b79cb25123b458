"""The table of what was ticked by hand in the checklists of stations."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

import campaigns.network.models  # noqa: F401  (a foreign key refers to its table)
from kernel.db import moment, one_of


class StationItem(StrEnum):
    """What a township branch or village station needs: a closed list, our default."""

    CONTACT = "contact"  # a person whom everybody may ask: the data has it from a project of the node
    BANK_ACCOUNT = "bank_account"  # an account that the node is paid into, confirmed by a second person
    LIAISON = "liaison"  # somebody with an account who may file projects
    REGISTRATION = "registration"  # the registration document, seen on paper: no data says so


class StationTick(SQLModel, table=True):
    """An item that somebody ticked by hand; without the row it is not ticked. What data says is not stored."""

    __tablename__ = "station_tick"
    __table_args__ = (CheckConstraint(one_of("item", StationItem), name="station_tick_item"),)
    organisation_code: str = Field(primary_key=True, foreign_key="organisation.code")
    item: str = Field(primary_key=True)
    ticked_by: str
    ticked_at: datetime = Field(sa_column=moment())
