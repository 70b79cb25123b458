"""The demo campaign: a giving day in the real Luoyang tree, made through the use cases that managers use."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from sqlmodel import select

from app.demo.gifts import SEED, Village, give
from app.demo.pages import tell
from app.demo.people import gather
from app.demo.story import STORIES, TEAMS, description_of, summary_of
from campaigns import pots
from campaigns.dependencies import Dependencies
from campaigns.funds import deposits, funds
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.transitions import schedule
from campaigns.network import import_tree, people, tree_file
from campaigns.network.data import luoyang
from campaigns.projects import drafts, transitions
from campaigns.projects.drafts import NewProject
from kernel.clock import SHANGHAI, FixedClock
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.money import CURRENCY
from matching.pots import Tranche
from payments import partners
from payments.partner_secrets import secret_of

SLUG = "demo"
HOST = "4103"
ACTOR = "seed"
LOGIN = "demo-manager"
PARTNER = "demo-platform"
PROJECTS_PER_COUNTY = 4
RING_FENCED_COUNTY = "410324"  # 栾川县
AGE = timedelta(days=2)  # of the event, when it comes with gifts
TRANCHE_AFTER = timedelta(minutes=5)
LAST_TRANCHE_AFTER = timedelta(days=1)
LASTS = timedelta(days=3)


class Seeded(NamedTuple):
    """What the operator of a demo needs to know."""

    created: bool
    login: str
    password: str
    partner: str
    partner_secret: str


def seed(deps: Dependencies, gifts: int = 0) -> Seeded:
    """Create the demo campaign once and return the demo logins. Idempotent.

    With `gifts` it is two days old and has about so many; without, it opens now. The manager's password comes from
    SECRET_KEY, so that it can be printed at every start and is stored nowhere.
    """
    password = deps.keys.token("demo-manager-password")[3:19]
    with deps.db.transaction() as tx:
        created = tx.first(select(Campaign.slug).where(Campaign.slug == SLUG)) is None
        now = tx.now.replace(microsecond=0)
    if created:
        _create(deps, password, now, gifts)
    with deps.db.transaction() as tx:
        secret = secret_of(tx, deps.keys, PARTNER)
    return Seeded(created, LOGIN, password, PARTNER, secret)


def _create(deps: Dependencies, password: str, now: datetime, gifts: int) -> None:
    began = deps.at(FixedClock(now - AGE)) if gifts else deps
    with began.db.transaction() as tx:
        _people(tx, deps, password)
        villages = _network_and_campaign(tx, now)
    if gifts:
        tell(began, villages, now.astimezone(SHANGHAI).date() - AGE, ACTOR)
        give(deps, SLUG, PARTNER, villages, now, gifts)
        gather(deps, SLUG, TEAMS, ACTOR)


def _people(tx: Tx, deps: Dependencies, password: str) -> None:
    people.create_manager(tx, LOGIN, password, "admin", ACTOR)
    try:
        partners.known(tx, PARTNER)
    except NotFound:
        partners.create(tx, deps.keys, PARTNER, "演示合作平台", statement_expected=False)


def _network_and_campaign(tx: Tx, now: datetime) -> list[Village]:
    """Create the campaign with its projects and pots; return the projects as they will be chosen by donors."""
    random = Random(SEED)  # noqa: S311 - the demo is the same at each start
    import_tree.import_tree(tx, tree_file.read(luoyang()), ACTOR)
    campaign = create(tx, _campaign(tx.now, now), ACTOR)
    villages = []
    for village in _villages(tx, random):
        project = drafts.create(tx, village, ACTOR)
        assert project.id is not None
        transitions.submit(tx, project.id, ACTOR)
        transitions.approve(tx, project.id, ACTOR)
        add_entry(tx, SLUG, project.id, ACTOR)
        villages.append(Village(project.id, project.code, project.theme, random.paretovariate(1.1)))
    city = funds.create(tx, "洛阳市乡村振兴专项基金", "special", ACTOR)
    county = funds.create(tx, "栾川幸福家园专项基金", "special", ACTOR)
    deposits.deposit(tx, city, 1_200_000_00, CURRENCY, "DEMO-0001", ACTOR)
    deposits.deposit(tx, county, 200_000_00, CURRENCY, "DEMO-0002", ACTOR)
    _pots(tx, city, county, now)
    schedule(tx, campaign.slug, ACTOR)
    return villages


def _pots(tx: Tx, city: int, county: int, now: datetime) -> None:
    caps = {"donation_minor": 500_00, "donor_day_minor": 999_00}

    def pot(fund: int, name: str, rank: int, scope: dict[str, Any], *tranches: Tranche) -> None:
        rules = {"ratio_bps": 10_000, "scope": scope, "minimum_minor": 1_00, "caps": caps}
        pots.create(
            tx,
            campaign=SLUG,
            fund=fund,
            name=name,
            rank=rank,
            kind="ratio",
            mode="reserve",
            rules=rules,
            tranches=tranches,
            actor=ACTOR,
        )

    pot(county, "栾川县配捐池", 1, {"under": [RING_FENCED_COUNTY]}, Tranche(tx.now, 100_000_00))
    pot(
        city,
        "市级村级项目配捐池",
        2,
        {"levels": ["village"]},
        Tranche(tx.now, 300_000_00),
        Tranche(now + TRANCHE_AFTER, 200_000_00),
        Tranche(now + LAST_TRANCHE_AFTER, 100_000_00),
    )
    pot(city, "市级补充配捐池", 3, {}, Tranche(tx.now, 100_000_00))


def _villages(tx: Tx, random: Random) -> list[NewProject]:
    """Return a project for the first villages of each county, by their codes, with one theme each in turn."""
    rows = tx.rows(
        """SELECT code, name, county FROM (
               SELECT v.code, v.name, c.name AS county, c.code AS county_code,
                      row_number() OVER (PARTITION BY c.code, t.code ORDER BY v.code) AS nth_in_township,
                      t.code AS township_code
                 FROM organisation v JOIN organisation t ON t.code = v.parent_code
                 JOIN organisation c ON c.code = t.parent_code WHERE v.level = 'village') AS x
            WHERE nth_in_township = 2 ORDER BY county_code, township_code"""
    )
    chosen: dict[str, list[Any]] = {}
    for row in rows:
        if len(chosen.setdefault(row.county, [])) < PROJECTS_PER_COUNTY:
            chosen[row.county].append(row)
    villages = [village for of_county in chosen.values() for village in of_county]
    return [_village(index, row, random.randint(24, 96)) for index, row in enumerate(villages)]


def _village(index: int, row: Any, people: int) -> NewProject:
    story = STORIES[index % len(STORIES)]
    village = (
        row.name.removesuffix("村民委员会").removesuffix("居民委员会").removesuffix("村委会").removesuffix("居委会")
    )
    target = (30_000 + 5_000 * (index % 7)) * 100
    return NewProject(
        row.code,
        f"{village}{story.title}",
        "micro",
        summary_of(story, people, target),
        target,
        theme=story.theme,
        description=description_of(story, people, target),
    )


def _campaign(opens_at: datetime, now: datetime) -> NewCampaign:
    today: date = now.astimezone(SHANGHAI).date()
    return NewCampaign(
        slug=SLUG,
        name="洛阳市“久久公益节”（演示）",
        host=HOST,
        opens_at=opens_at,
        ends_at=now + LASTS,
        plan={
            "purpose": "汇聚善款改善村庄的养老、儿童、照明和饮水条件，由专项基金按 1:1 配捐。",
            "area": "河南省洛阳市",
            "responsible": "演示联系人",
            "address": "河南省洛阳市（演示地址）",
            "ways_to_give": "网页、合作平台、银行转账",
            "bank_account": "演示账户 0000 0000 0000 0000",
            "beneficiaries": "参与项目的村庄居民",
            "use_of_funds": "全部用于所选村级项目的执行，过程和支出公开",
            "cost_minor": 0,
            "surplus_rule": "项目结余用于同一乡镇的同类项目",
            "certificate_no": "演示证书 DEMO-0000",
            "certificate_until": (today + timedelta(days=365)).isoformat(),
            "filing_no": "演示备案 DEMO-0000",
            "filed_at": (today - timedelta(days=30)).isoformat(),
            "platform_name": "演示指定平台",
            "platform_url": "https://platform.example",
        },
    )
