"""Clicks on the links of sources, counted by day. Nothing about the visitors is stored."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel, col, func, select

from kernel.bulk import unnest
from kernel.clock import local_day
from kernel.db import Database, Tx


class SourceDay(SQLModel, table=True):
    """How often a source's link was followed on a day in Shanghai, and how often as the first link of a browser:
    only those clicks can lead to gifts of the source."""

    __tablename__ = "source_day"
    source_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key="source.id")
    day: date = Field(primary_key=True)
    clicks: int = Field(sa_type=BigInteger)
    firsts: int = Field(sa_type=BigInteger)


class Click(NamedTuple):
    """A visitor followed the link of a source."""

    source_id: int
    is_first: bool


class Clicks(NamedTuple):
    """Clicks on a source's link, and those of browsers that had not followed another link before."""

    clicks: int = 0
    firsts: int = 0


def count_clicks(db: Database, clicks: Sequence[Click]) -> list[bool]:
    """Count clicks of several callers in one transaction. Rows are locked in the order of the sources."""
    ids = sorted({click.source_id for click in clicks})
    by_source = {id_: [click for click in clicks if click.source_id == id_] for id_ in ids}
    with db.transaction() as tx:
        tx.run(
            f"""INSERT INTO source_day AS d (source_id, day, clicks, firsts)
                SELECT source_id, CAST(:day AS date), clicks, firsts
                  FROM {unnest(SourceDay, "source_id", "clicks", "firsts")} ORDER BY source_id
                ON CONFLICT (source_id, day) DO UPDATE
                   SET clicks = d.clicks + excluded.clicks, firsts = d.firsts + excluded.firsts""",
            day=local_day(tx.now),
            source_id=ids,
            clicks=[len(own) for own in by_source.values()],
            firsts=[sum(click.is_first for click in own) for own in by_source.values()],
        )
    return [True] * len(clicks)


def clicks_of(tx: Tx, source_ids: Sequence[int]) -> dict[int, Clicks]:
    """Return the total clicks of sources, by their ids."""
    sums = func.sum(SourceDay.clicks), func.sum(SourceDay.firsts)
    query = select(SourceDay.source_id, *sums).where(col(SourceDay.source_id).in_(source_ids))
    rows = tx.all(query.group_by(col(SourceDay.source_id)))
    return {source_id: Clicks(int(clicks), int(firsts)) for source_id, clicks, firsts in rows}
