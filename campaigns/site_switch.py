"""Switches of the whole site that operators turn while it runs; every process reads them now and then."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from campaigns.audit import record_audit
from kernel.db import Tx, moment
from kernel.errors import Invalid, fault

REDUCED = "reduced"  # whether only giving is served
AUTO, ON, OFF = "auto", "on", "off"
VALUES = (AUTO, ON, OFF)


class SiteSwitch(SQLModel, table=True):
    """A switch that was turned; one without a row is at `auto`."""

    __tablename__ = "site_switch"
    name: str = Field(primary_key=True)
    value: str
    turned_at: datetime = Field(sa_column=moment())


def read_switch(tx: Tx, name: str) -> str:
    """Return where a switch is."""
    switch = tx.get(SiteSwitch, name)
    return AUTO if switch is None else switch.value


def turn_switch(tx: Tx, name: str, value: str, actor: str) -> None:
    """Turn a switch. Raises Invalid `switch_invalid`."""
    if value not in VALUES:
        raise Invalid("switch_invalid", fields={"value": fault("not_one_of", options=VALUES)})
    switch = tx.get(SiteSwitch, name, lock=True)
    before = AUTO if switch is None else switch.value
    if switch is None:
        switch = SiteSwitch(name=name, value=value, turned_at=tx.now)
    switch.value, switch.turned_at = value, tx.now
    tx.add(switch)
    record_audit(tx, actor, "site.switch", f"switch:{name}", before=before, after=value)
