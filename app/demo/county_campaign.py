"""A county's campaign that ended some days ago, with cases and differences to decide before it can go on.

It is a separate campaign, so that the demo campaign can still be taken to its end.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from app.demo.accounts import COUNTY, COUNTY_MANAGER, LIAISON, REVIEWER
from app.demo.gifts import Gift, Village, give_on_pages, hear, line_of, payment_of, phone_of
from app.demo.honours import honour
from app.demo.plan import plan
from app.demo.projects import file_more
from app.demo.story import NAMES
from campaigns import pots
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.donors.contact import Donor
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import schedule
from campaigns.screening.appeal import file_appeal
from campaigns.screening.cases import case_id_of_donation
from campaigns.screening.open_manually import open_case
from campaigns.screening.screen import screen
from kernel.clock import FixedClock
from kernel.db import Tx
from matching.pots import Tranche
from payments import statements
from payments.gateway import StatementLine

SLUG = "luanchuan"
SEED = 41_0324
LASTS = timedelta(days=2)
PROJECTS = 4
GIFTS = 60
AT_CAP = 12  # gifts of one donor, each exactly as large as the cap
CAP_MINOR = 200_00
AMOUNTS_MINOR = (10_00, 20_00, 50_00, 66_00, 100_00, 188_00)
BUYER = Donor(name="老周家的", phone="13800009999", publish_name=True)


def hold(deps: Dependencies, fund: int, opens_at: datetime) -> None:
    """Create the campaign: gifts, some of them suspicious, and a statement that disagrees with some."""
    random = Random(SEED)  # noqa: S311 - the demo is the same at each start
    ends_at = opens_at + LASTS
    with deps.at(FixedClock(opens_at)).db.transaction() as tx:
        villages = _open(tx, fund, opens_at, ends_at)
    gifts = [_gift(random, random.choice(villages), random.choice(AMOUNTS_MINOR), opens_at) for _ in range(GIFTS)]
    odd = [_gift(random, villages[0], CAP_MINOR, opens_at) for _ in range(AT_CAP)]
    ended = deps.at(FixedClock(ends_at - timedelta(minutes=5)))
    give_on_pages(ended, _in_time(gifts), _command(random))
    give_on_pages(ended, _in_time(odd), lambda gift: _command_of(gift, BUYER))
    twice = gifts[7]._replace(id=UUID(int=SEED + 1, version=4))
    _pay_again(ended, gifts[7], twice)
    screen(ended)
    with ended.db.transaction() as tx:
        open_case(tx, gifts[3].id, "备注写着“返现已收”，请核实。", COUNTY_MANAGER)
        case = case_id_of_donation(tx, odd[4].id)
        file_appeal(tx, deps.keys, case, "我家开面馆，想每个月捐一次，一次捐完了，没有人返我钱。", "donor")
        again = replace(line_of(deps.gateway.provider, twice), donation_id=gifts[7].id)
        _state(deps, tx, [*gifts, *odd], again)
        compare(tx)


def _open(tx: Tx, fund: int, opens_at: datetime, ends_at: datetime) -> list[Village]:
    create(
        tx,
        NewCampaign(
            slug=SLUG,
            name="栾川县“添一勺”助餐日（演示）",
            host=COUNTY,
            opens_at=opens_at,
            ends_at=ends_at,
            plan=plan(opens_at) | {"area": "河南省洛阳市栾川县"},
        ),
        COUNTY_MANAGER,
    )
    villages = file_more(tx, COUNTY, PROJECTS, LIAISON, REVIEWER)
    for village in villages:
        add_entry(tx, SLUG, village.id, COUNTY_MANAGER)
    pots.create(
        tx,
        campaign=SLUG,
        fund=fund,
        name="助餐日配捐池",
        rank=1,
        kind="ratio",
        mode="reserve",
        rules={"ratio_bps": 10_000, "scope": {}, "minimum_minor": 1_00, "caps": {"donation_minor": CAP_MINOR}},
        tranches=[Tranche(tx.now, 20_000_00)],
        actor=COUNTY_MANAGER,
    )
    schedule(tx, SLUG, COUNTY_MANAGER)
    honour(tx, SLUG, COUNTY_MANAGER)
    return villages


def _gift(random: Random, village: Village, amount_minor: int, opens_at: datetime) -> Gift:
    at = opens_at + (LASTS - timedelta(hours=1)) * random.random()
    return Gift(village, amount_minor, at.replace(microsecond=0), UUID(int=random.getrandbits(128), version=4))


def _in_time(gifts: Sequence[Gift]) -> list[Gift]:
    return sorted(gifts, key=lambda gift: gift.at)


def _command(random: Random) -> Callable[[Gift], CreateDonation]:
    def command(gift: Gift) -> CreateDonation:
        donor = Donor(name=random.choice(NAMES), phone=phone_of(gift), publish_name=True)
        return _command_of(gift, donor)

    return command


def _command_of(gift: Gift, donor: Donor) -> CreateDonation:
    return CreateDonation(
        id=gift.id,
        campaign=SLUG,
        project=gift.village.id,
        amount_minor=gift.amount_minor,
        donor=donor,
        accept_unmatched=True,
    )


def _pay_again(deps: Dependencies, gift: Gift, twice: Gift) -> None:
    """Pay a second time for a paid donation."""
    other = payment_of(deps.gateway.provider, twice)
    other.body["data"]["object"]["metadata"] = {"donation_id": str(gift.id)}
    hear(deps, [other])


def _state(deps: Dependencies, tx: Tx, gifts: Sequence[Gift], again: StatementLine) -> None:
    """Store the provider's statement: one gift is missing, one has another amount, one charge is unknown, and one
    donation was paid again."""
    provider = deps.gateway.provider
    lines = [*(line_of(provider, gift) for gift in gifts), again]
    lines[1] = replace(lines[1], amount_minor=lines[1].amount_minor - 10_00)
    stray = gifts[0]._replace(id=UUID(int=SEED, version=4), amount_minor=88_00)
    lines[0] = line_of(provider, stray)
    statements.store(tx, lines)
