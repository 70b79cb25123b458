"""The content of a project's page beside its figures."""

from typing import NamedTuple

from campaigns.disclosure.pictures import News, Picture, news_of, pictures_of
from campaigns.disclosure.purposes import Moved, moved_of
from campaigns.goods.reading import PublicGoods
from campaigns.goods.reading import published as published_goods
from campaigns.projects.budget import BudgetRow, rows_of
from campaigns.projects.projects import find
from campaigns.projects.related import declaration_of
from campaigns.spending.figures import Account, Published, account_of, published
from kernel.db import Tx


class Unit(NamedTuple):
    """What an amount buys in a project, and its price in fen."""

    name: str
    price_minor: int

    def bought_by(self, amount_minor: int) -> int:
        """Return how many whole units an amount buys."""
        return amount_minor // self.price_minor


class ProjectPage(NamedTuple):
    """What an amount buys, how the money is and was spent, the contact, and the village's pictures and news
    (fen)."""

    unit: str
    unit_price_minor: int | None
    unit_note: str
    budget: tuple[BudgetRow, ...]
    contact: dict[str, str] | None
    pictures: list[Picture]
    news: list[News]
    account: Account
    spent: list[Published]
    moved: list[Moved]
    goods: list[PublicGoods]
    related: str = ""  # its declared related parties

    @property
    def counted(self) -> Unit | None:
        """The unit, if the project states its price."""
        return _unit(self.unit, self.unit_price_minor)


def unit_of(tx: Tx, project_id: int) -> Unit | None:
    """Return the unit of a project, or None if it states none. Raises NotFound `project_unknown`."""
    project = find(tx, project_id)
    return _unit(project.unit, project.unit_price_minor)


def _unit(name: str, price_minor: int | None) -> Unit | None:
    return Unit(name, price_minor) if name and price_minor else None


def project_page(tx: Tx, project_id: int) -> ProjectPage:
    """Return the content of a project's page. Raises NotFound `project_unknown`."""
    project = find(tx, project_id)
    return ProjectPage(
        unit=project.unit,
        unit_price_minor=project.unit_price_minor,
        unit_note=project.unit_note,
        budget=rows_of(project.budget),
        contact=project.contact,
        pictures=pictures_of(tx, project_id),
        news=news_of(tx, project_id),
        account=account_of(tx, project_id),
        spent=published(tx, project_id),
        moved=moved_of(tx, project_id),
        goods=published_goods(tx, project_id),
        related=_related(tx, project_id),
    )


def _related(tx: Tx, project_id: int) -> str:
    declared = declaration_of(tx, project_id)
    return declared.text if declared is not None and declared.related else ""
