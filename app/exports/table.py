"""The parts of a table, and the request that it is built from."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlmodel import col, select

from campaigns.network.models import Organisation
from campaigns.projects.models import Project
from kernel.db import Tx
from kernel.paging import Page

Row = TypeVar("Row")
PAGE_ROWS = 1_000


class Order(NamedTuple):
    """A request for a table: route arguments, non-empty filters, and the caller's branch."""

    arguments: Mapping[str, Any]
    filters: Mapping[str, str]
    branch: str | None


class Table(NamedTuple):
    """A table. `subject`: what the audit trail records as downloaded; cells as in `app/table_cells.py`."""

    subject: str
    header: Sequence[str]
    rows: Iterable[Sequence[Any]]


def all_pages(read: Callable[[Page], tuple[Sequence[Row], int]]) -> Iterator[Row]:
    """Yield the rows of all pages of a list."""
    number = 1
    while True:
        rows, total = read(Page(number, PAGE_ROWS))
        yield from rows
        if number * PAGE_ROWS >= total or not rows:
            return
        number += 1


def by_id(ids: Sequence[int], read: Callable[[Sequence[int]], Sequence[Row]]) -> Iterator[Row]:
    """Yield the rows of a long list, of which only the ids are read at once."""
    for first in range(0, len(ids), PAGE_ROWS):
        yield from read(ids[first : first + PAGE_ROWS])


class Places:
    """The names of each project's county, township and node."""

    def __init__(self, tx: Tx) -> None:
        self._names: dict[str, str] = dict(tx.all(select(Organisation.code, Organisation.name)))
        self._of: dict[int, tuple[str, ...]] = {
            project: (county, township, node)
            for project, county, township, node in tx.all(
                select(col(Project.id), Project.county_code, Project.township_code, Project.organisation_code)
            )
            if project is not None
        }

    def of(self, project_id: int) -> list[str]:
        """Return the names of a project's county, township and node; '' for a missing one."""
        return [self._names.get(code, "") for code in self._of.get(project_id, ("", "", ""))]
