"""The demo campaign: a giving day in the real network of Luoyang, created with the use cases that managers use."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from sqlmodel import select

from app.demo import county_campaign, past_campaign, rehearsal
from app.demo.accounts import CITY, COUNTY, LOGIN, DemoAccount, colleagues, make_accounts, printed_accounts
from app.demo.centres import CENTRES
from app.demo.desks import leave_work
from app.demo.gifts import SEED, Village, give
from app.demo.honours import aim, honour
from app.demo.pages import tell
from app.demo.people import gather
from app.demo.plan import plan
from app.demo.projects import file_projects, file_standard, first_place
from app.demo.story import TEAMS
from campaigns import pots
from campaigns.dependencies import Dependencies
from campaigns.funds import deposits, funds
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.transitions import schedule
from campaigns.network import import_tree, tree_file
from campaigns.network.data import luoyang
from kernel.clock import SHANGHAI, FixedClock
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.money import CURRENCY
from matching.pots import Tranche
from payments.partners import partners
from payments.partners.partner_secrets import secret_of

SLUG = "demo"
ACTOR = "seed"
PARTNER = "demo-platform"
AGE = timedelta(days=2)  # age of the campaign if it has gifts
KNOWN = timedelta(days=80)  # how long ago the network was imported if there are gifts: before the past campaign
FOUNDED = timedelta(days=14)  # how long ago the funds were created if there are gifts: before the county's campaign
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
    colleagues: Sequence[DemoAccount]


def seed(deps: Dependencies, gifts: int = 0) -> Seeded:
    """Create the demo campaign once and return the demo logins. Idempotent.

    With `gifts` it is two days old and has about that many; without, it opens now. The manager's password is
    derived from SECRET_KEY, so that it can be printed at every start without being stored.
    """
    password = deps.keys.token("demo-manager-password")[3:19]
    with deps.db.transaction() as tx:
        created = tx.first(select(Campaign.slug).where(Campaign.slug == SLUG)) is None
        now = tx.now.replace(microsecond=0)
    if created:
        _create(deps, password, now, gifts)
    with deps.db.transaction() as tx:
        secret, colleagues = secret_of(tx, deps.keys, PARTNER), printed_accounts(tx)
    return Seeded(created, LOGIN, password, PARTNER, secret, colleagues)


def _create(deps: Dependencies, password: str, now: datetime, gifts: int) -> None:
    known, founded, began = (deps.at(FixedClock(now - ago)) if gifts else deps for ago in (KNOWN, FOUNDED, AGE))
    with known.db.transaction() as tx:
        villages = _network_and_campaign(tx, deps, password, now, now - AGE if gifts else tx.now)
    if gifts:
        past_campaign.hold(deps, now - past_campaign.AGE)
    with founded.db.transaction() as tx:
        city, county = _funds(tx)
    if gifts:
        county_campaign.hold(deps, county, now - FOUNDED)
    with began.db.transaction() as tx:
        _pots(tx, city, county, now)
        schedule(tx, SLUG, ACTOR)
        honour(tx, SLUG, ACTOR)
        aim(tx, ACTOR)
    if gifts:
        tell(began, villages, now.astimezone(SHANGHAI).date() - AGE, ACTOR)
        give(deps, SLUG, PARTNER, villages, now, gifts)
        gather(deps, SLUG, TEAMS, ACTOR)
        leave_work(deps, SLUG, PARTNER, city, villages, now)
        with deps.db.transaction() as tx:
            now = tx.now.replace(microsecond=0)
        rehearsal.prepare(deps, city, now)


def _placed(node: tree_file.Node) -> tree_file.Node:
    latitude, longitude = CENTRES.get(node.code, (None, None))
    return node._replace(latitude=latitude, longitude=longitude)


def _network_and_campaign(
    tx: Tx, deps: Dependencies, password: str, now: datetime, opens_at: datetime
) -> list[Village]:
    """Import the network, and create accounts and a draft of the campaign with its projects; return the projects
    with their weights."""
    random = Random(SEED)  # noqa: S311 - the demo is the same at each start
    import_tree.import_tree(tx, [_placed(node) for node in tree_file.read(luoyang())], ACTOR)
    villages = file_projects(tx, random, ACTOR)
    file_standard(tx, CITY, ACTOR)
    make_accounts(tx, password, colleagues(first_place(tx, COUNTY)), ACTOR)
    try:
        partners.known(tx, PARTNER)
    except NotFound:
        partners.create(tx, deps.keys, PARTNER, "演示合作平台", statement_expected=False)
    create(tx, _campaign(opens_at, now), ACTOR)
    for village in villages:
        add_entry(tx, SLUG, village.id, ACTOR)
    return villages


def _funds(tx: Tx) -> tuple[int, int]:
    city = funds.create(tx, "洛阳市乡村振兴专项基金", "special", ACTOR)
    county = funds.create(tx, "栾川幸福家园专项基金", "special", ACTOR)
    deposits.deposit(tx, city, 1_200_000_00, CURRENCY, "DEMO-0001", ACTOR)
    deposits.deposit(tx, county, 200_000_00, CURRENCY, "DEMO-0002", ACTOR)
    return city, county


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

    pot(county, "栾川县配捐池", 1, {"under": [COUNTY]}, Tranche(tx.now, 100_000_00))
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


def _campaign(opens_at: datetime, now: datetime) -> NewCampaign:
    return NewCampaign(
        slug=SLUG,
        name="洛阳市“久久公益节”（演示）",
        host=CITY,
        opens_at=opens_at,
        ends_at=now + LASTS,
        plan=plan(now),
    )
