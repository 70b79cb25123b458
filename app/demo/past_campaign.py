"""A released campaign of some months ago. One of its projects was evaluated with a surplus left, money of another
changed its purpose, two received goods, and a township signed its self-check."""

from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from app.demo.accounts import CITY, FINANCE, LIAISON, REVIEWER, SECOND_FINANCE
from app.demo.gifts import Gift, Village, give_on_pages, line_of
from app.demo.plan import plan
from app.demo.projects import file_more
from app.demo.story import NAMES
from campaigns import pots
from campaigns.closing.disburse import disburse_match
from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.closing.report import write_report
from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.donors.contact import Donor
from campaigns.funds import deposits, funds
from campaigns.goods import goods
from campaigns.goods.goods import NewGoods, NewHandout
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.project_course import advance
from campaigns.lifecycle.transitions import schedule, transition
from campaigns.payouts.allot import allot
from campaigns.payouts.movable import targets
from campaigns.payouts.purpose import NewPurpose, change_purpose
from campaigns.payouts.surplus import NewUse, use_surplus
from campaigns.projects.projects import find as find_project
from campaigns.self_checks.forms import Answer, Answers, sign
from campaigns.self_checks.models import Question
from campaigns.self_checks.nodes import node_checks
from kernel.clock import FixedClock, local_day
from kernel.db import Tx
from kernel.money import CURRENCY
from ledger.chart import AccountKind
from matching.pots import Tranche
from payments import statements

SLUG, ACTOR = "spring", "seed"
SEED = 41_0326
PLACES = "410326"  # the county of its projects
AGE = timedelta(days=75)  # time since its opening
LASTS, NOTICE, LATER = timedelta(days=1), timedelta(days=10), timedelta(days=20)
PROJECTS, GIFTS = 3, 9
AMOUNTS_MINOR = (50_00, 66_00, 100_00, 188_00)
CHANGED_MINOR, USED_MINOR = 60_00, 30_00


def hold(deps: Dependencies, opens_at: datetime) -> None:
    """Create the campaign, disburse its match, and continue its projects."""
    random = Random(SEED)  # noqa: S311 - the demo is the same at each start
    ends_at = opens_at + LASTS
    with deps.at(FixedClock(opens_at)).db.transaction() as tx:
        villages = _open(tx, opens_at)
        _receive_goods(tx, villages, local_day(opens_at))
    gifts = [_gift(random, villages[nth % PROJECTS], opens_at) for nth in range(GIFTS)]
    gifts.sort(key=lambda gift: gift.at)
    late = deps.at(FixedClock(ends_at - timedelta(minutes=5)))
    give_on_pages(late, gifts, lambda gift: _command(gift, random.choice(NAMES)))
    with deps.at(FixedClock(ends_at)).db.transaction() as tx:
        statements.store(tx, [line_of(deps.gateway.provider, gift) for gift in gifts])
        _publish(tx)
    released = deps.at(FixedClock(ends_at + NOTICE))
    with released.db.transaction() as tx:
        _release(tx)
    allot(released)
    with deps.at(FixedClock(ends_at + NOTICE + LATER)).db.transaction() as tx:
        _go_on(tx, villages)


def _open(tx: Tx, opens_at: datetime) -> list[Village]:
    fund = funds.create(tx, "春耕助餐专项基金（演示）", "special", ACTOR, CITY)
    deposits.deposit(tx, fund, 3_000_00, CURRENCY, "DEMO-SPRING", FINANCE)
    name, ends_at = "“春天一顿饭”（演示，已办完）", opens_at + LASTS
    create(tx, NewCampaign(SLUG, name, CITY, opens_at, ends_at, plan(opens_at)), ACTOR)
    villages = file_more(tx, PLACES, PROJECTS, LIAISON, REVIEWER)
    for village in villages:
        add_entry(tx, SLUG, village.id, ACTOR)
    pots.create(
        tx,
        campaign=SLUG,
        fund=fund,
        name="春天配捐池",
        rank=1,
        kind="ratio",
        mode="reserve",
        rules={"ratio_bps": 5_000, "scope": {}, "minimum_minor": 1_00, "caps": {"donation_minor": 50_00}},
        tranches=[Tranche(tx.now, 1_000_00)],
        actor=ACTOR,
    )
    schedule(tx, SLUG, ACTOR)
    return villages


def _receive_goods(tx: Tx, villages: list[Village], today: date) -> None:
    """Enter two lots of goods with confirmed value. Some of the second were handed out, and their count was
    corrected later."""
    oil = NewGoods(
        "食用油", 40, "桶", 3_200_00, "invoice", "县慈善会", "物资柜 2 号发票", today, "粮油公司（演示）"
    )
    lots = (oil._replace(name="电饭锅", quantity=6, unit="个", value_minor=1_080_00), oil)
    first, second = (goods.enter(tx, villages[nth].id, lot, LIAISON).id or 0 for nth, lot in enumerate(lots))
    for goods_id in (first, second):
        goods.confirm(tx, goods_id, SECOND_FINANCE)
    handout = goods.hand_out(tx, second, NewHandout(28, "一组、二组各户", today, "签收单 3 页"), LIAISON)
    goods.correct_handout(tx, second, handout.id or 0, 26, "两户外出，没有领", LIAISON)


def _gift(random: Random, village: Village, opens_at: datetime) -> Gift:
    at = opens_at + (LASTS - timedelta(hours=2)) * random.random()
    id_ = UUID(int=random.getrandbits(128), version=4)
    return Gift(village, random.choice(AMOUNTS_MINOR), at.replace(microsecond=0), id_)


def _command(gift: Gift, name: str) -> CreateDonation:
    return CreateDonation(
        id=gift.id,
        campaign=SLUG,
        project=gift.village.id,
        amount_minor=gift.amount_minor,
        donor=Donor(name=name, publish_name=True),
        accept_unmatched=True,
    )


def _publish(tx: Tx) -> None:
    """Take the campaign to its public notice, with a provider's statement that agrees with the books."""
    campaign = lock_campaign(tx, SLUG)
    for phase in (Phase.ENDED, Phase.SETTLING, Phase.RECONCILING):
        transition(tx, campaign, phase, ACTOR)
    reconcile(tx, campaign)
    write_report(tx, campaign)
    transition(tx, campaign, Phase.NOTICE, ACTOR)


def _release(tx: Tx) -> None:
    campaign = lock_campaign(tx, SLUG)
    disburse_match(tx, campaign)
    transition(tx, campaign, Phase.RELEASED, ACTOR)


def _go_on(tx: Tx, villages: list[Village]) -> None:
    """Move money from the first project to the third; advance the second until it is evaluated, and use some of its
    surplus by the surplus rule."""
    first, second, third = (village.id for village in villages)
    kind = AccountKind.SHARE_PROJECT
    new = NewPurpose(SLUG, third, kind, CHANGED_MINOR, "备2026-演示-7")
    change_purpose(tx, first, new, "灶台已由县里修好，改给缺口大的村", FINANCE)
    for reason in ("助餐点开张，进入执行", "第三方评估合格"):
        advance(tx, second, reason, REVIEWER)
    for target in targets(tx, find_project(tx, second), find_campaign(tx, SLUG))[:1]:
        use = NewUse(SLUG, USED_MINOR, "same_purpose", target.id)
        use_surplus(tx, second, use, "同类项目还缺碗筷", FINANCE)
    _sign_self_check(tx)


def _sign_self_check(tx: Tx) -> None:
    """Sign the self-check of one township, with a no; the others are still missing."""
    (line, *_rest), _total = node_checks(tx, None, SLUG)
    missing = Answer(False, "两张米面发票还没到，月底补上")
    answers: Answers = {key: missing if key is Question.VOUCHERS else Answer(True) for key in Question}
    sign(tx, SLUG, line.code, answers, 0, LIAISON)
