"""The table of items that were ticked manually in the checklists of stations."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

import campaigns.network.models  # noqa: F401  (a foreign key refers to its table)
from kernel.db import moment, one_of


class StationItem(StrEnum):
    """What a township branch or village station needs. A closed list, our default."""

    CONTACT = "contact"  # a public contact person: known from a project of the node
    BANK_ACCOUNT = "bank_account"  # the node's bank account, confirmed by a second person
    LIAISON = "liaison"  # a person with an account who may file projects
    REGISTRATION = "registration"  # the registration document, seen on paper: not known from data


class StationTick(SQLModel, table=True):
    """An item that was ticked manually; without a row it is not ticked. Items known from data are not stored."""

    __tablename__ = "station_tick"
    __table_args__ = (CheckConstraint(one_of("item", StationItem), name="station_tick_item"),)
    organisation_code: str = Field(primary_key=True, foreign_key="organisation.code")
    item: str = Field(primary_key=True)
    ticked_by: str
    ticked_at: datetime = Field(sa_column=moment())
