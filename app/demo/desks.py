"""Waiting work in the demo: donors' requests, messages that match nothing, an action to approve."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlmodel import col, select

from app.demo.accounts import CITY, EVENT_MANAGER, FINANCE, LIAISON, REVIEWER
from app.demo.gifts import Gift, Village, hear, partner_message, payment_of
from app.demo.money_papers import leave_papers
from app.demo.places import demo_places
from app.demo.projects import file_for_review
from campaigns.approvals import desk
from campaigns.approvals.desk import Place
from campaigns.assignments import take
from campaigns.dependencies import Dependencies, SecondPerson
from campaigns.donations.donors.payer import Payer
from campaigns.donations.models import Donation
from campaigns.donations.questions import ask
from campaigns.donations.receipts.receipt_requests import request_receipt
from campaigns.donations.refunds.refund_requests import request_money_back
from campaigns.goods import goods
from campaigns.goods.goods import NewGoods
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.accounts import find_by_login
from campaigns.network.people import caller_of
from campaigns.teams.teams import NewTeam, found_team
from kernel.clock import FixedClock, local_day
from kernel.db import Tx
from payments.messages import Message, message

SEED = 41_0327
QUESTIONS = (
    "我的配捐为什么只有一部分？",
    "钱什么时候能到村里？可以给我看看单子吗？",
    "我想把名字从公开名单里拿掉，在哪里改？",
)
PAYERS = (
    Payer("person", "李青禾", "", "qinghe@example.org"),
    Payer("company", "云朵面馆（演示）", "91350100M000100Y43", "noodles@example.org"),
)
REFUNDS = ("手滑多打了一个零。", "家里突然要用钱，对不住了。")


def leave_work(
    deps: Dependencies, campaign: str, partner: str, fund: int, villages: Sequence[Village], now: datetime
) -> None:
    """Create work for each role; `fund` is the city's."""
    lately = deps.at(FixedClock(now - timedelta(hours=3)))
    with lately.db.transaction() as tx:
        file_for_review(tx, demo_places(tx).in_review, LIAISON, REVIEWER)
        _ask_for(tx, deps, _own_gifts(tx, campaign))
        team = found_team(tx, NewTeam(find_campaign(tx, campaign).id or 0, "北关小学六（2）班", "school"))
        take(tx, "team", team.id or 0, "等学校回话，确认是他们自己起的名。", EVENT_MANAGER)
    with lately.db.transaction() as tx:
        _leave_approval(tx, deps, campaign)
        _leave_goods(tx, villages[0])
        leave_papers(tx, deps, campaign, fund, _own_gifts(tx, campaign)[-3:-2])
    hear(lately, _puzzling(deps, partner, villages[0], now - timedelta(hours=4)))


def _leave_goods(tx: Tx, village: Village) -> None:
    """Enter recent goods whose value a second person must confirm."""
    rice = NewGoods("大米", 40, "袋", 3_200_00, "invoice", "县慈善会", "物资柜 2 号发票", local_day(tx.now))
    goods.enter(tx, village.id, rice._replace(giver="粮油公司（演示）"), LIAISON)


def _own_gifts(tx: Tx, campaign: str) -> list[UUID]:
    """Return paid gifts from our own pages, newest first."""
    paid = Donation.campaign_id == find_campaign(tx, campaign).id, Donation.channel == "web"
    own = select(Donation.id).where(*paid, col(Donation.paid_at).is_not(None), Donation.amount_minor >= 20_00)
    return list(tx.all(own.order_by(col(Donation.paid_at).desc(), col(Donation.id)).limit(20)))


def _ask_for(tx: Tx, deps: Dependencies, gifts: list[UUID]) -> None:
    """Create questions, receipt requests and refund requests of donors."""
    remaining = iter(gifts)
    for words, gift in zip(QUESTIONS, remaining, strict=False):
        ask(tx, deps.keys, gift, words)
    for payer, gift in zip(PAYERS, remaining, strict=False):
        request_receipt(tx, deps.keys, gift, payer)
    for reason, gift in zip(REFUNDS, remaining, strict=False):
        request_money_back(tx, deps.keys, gift, None, reason)


def _leave_approval(tx: Tx, deps: Dependencies, campaign: str) -> None:
    """Let finance request a refund that needs a second person, as in a federation that requires two."""
    careful = replace(deps, second_person=SecondPerson(needed=True, above_minor=0))
    caller = caller_of(find_by_login(tx, FINANCE))
    gift = _own_gifts(tx, campaign)[-1]
    place = Place((CITY,), campaign)
    reason = "捐赠人来电：同一天捐了两次，退回一次。"
    desk.perform(tx, careful, caller, "donation.refund", gift, place, reason, amount_minor=None)


def _puzzling(deps: Dependencies, partner: str, village: Village, at: datetime) -> list[Message]:
    """Return messages for manual review: an unknown project code, a different body under a known id, a payment for
    an unknown donation, and a payment of another shop on the same account."""
    random = Random(SEED)  # noqa: S311 - the demo is the same at each start
    provider = deps.gateway.provider
    unknown, known, lost, foreign = (_gift(random, village, at - timedelta(minutes=9 * n)) for n in range(4))
    mistyped = village._replace(code=village.code.replace("-", "_") + "-A")
    again = known._replace(amount_minor=known.amount_minor * 10)
    elsewhere = payment_of(provider, foreign).body
    elsewhere["data"]["object"]["metadata"] = {"order": "T-2210"}
    return [
        *(partner_message(partner, _gift(random, mistyped, unknown.at)) for _ in range(3)),
        partner_message(partner, known),
        partner_message(partner, again),
        payment_of(provider, lost),
        message(provider, f"evt_{foreign.id.hex}", elsewhere, compare=False),
    ]


def _gift(random: Random, village: Village, at: datetime) -> Gift:
    amount = random.choice((20_00, 50_00, 66_00))
    return Gift(village, amount, at.replace(microsecond=0), UUID(int=random.getrandbits(128), version=4))
