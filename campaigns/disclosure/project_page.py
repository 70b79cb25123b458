"""What the page of a project says beside its figures."""

from typing import NamedTuple

from campaigns.disclosure.pictures import News, Picture, news_of, pictures_of
from campaigns.projects.budget import BudgetRow, rows_of
from campaigns.projects.projects import find
from kernel.db import Tx


class ProjectPage(NamedTuple):
    """What a sum does, how the money is spent, whom to ask, and what the village shows and tells (fen)."""

    unit: str
    unit_price_minor: int | None
    unit_note: str
    budget: tuple[BudgetRow, ...]
    contact: dict[str, str] | None
    pictures: list[Picture]
    news: list[News]


def project_page(tx: Tx, project_id: int) -> ProjectPage:
    """Return what the page of a project says. Raises NotFound `project_unknown`."""
    project = find(tx, project_id)
    return ProjectPage(
        unit=project.unit,
        unit_price_minor=project.unit_price_minor,
        unit_note=project.unit_note,
        budget=rows_of(project.budget),
        contact=project.contact,
        pictures=pictures_of(tx, project_id),
        news=news_of(tx, project_id),
    )
