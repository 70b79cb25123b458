"""A rehearsal beside the demo event: a small event that ends within minutes and closes by itself, up to what only a
person can decide. Its platform's bill and the bank's statement hold a few differences for finance."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from app.demo.accounts import CITY, LIAISON, REVIEWER
from app.demo.gifts import FEE_BPS, Gift, Village, hear, partner_message
from app.demo.plan import plan
from app.demo.projects import file_more
from campaigns import pots
from campaigns.dependencies import Dependencies
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, import_file
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import schedule
from kernel.clock import FixedClock, local_day
from kernel.db import Tx
from matching.pots import Tranche
from payments import partners

SLUG, PARTNER, ACTOR = "rehearsal", "rehearsal-platform", "seed"
SEED = 41_0325
COUNTY = "410325"  # 嵩县: the projects of the rehearsal are no other event's
BEGAN = timedelta(days=2, hours=1)  # ago: before the demo event, which stands first in lists
ENDS_AFTER = timedelta(minutes=4)
PROJECTS, GIFTS = 2, 12
AMOUNTS_MINOR = (10_00, 20_00, 50_00, 66_00, 100_00)
ACCOUNT = "41050168360800000000"
_BILL = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
_BANK = "账号,记账日期,金额,摘要,流水号\n"


def hold(deps: Dependencies, fund: int, now: datetime) -> None:
    """Hold the rehearsal until now: gifts of the last hour, the platform's bill, and the bank's statement."""
    random = Random(SEED)  # noqa: S311 - the demo is the same at each start
    with deps.at(FixedClock(now - BEGAN)).db.transaction() as tx:
        villages = _open(tx, deps, fund, now)
    gifts = [_gift(random, random.choice(villages), now) for _ in range(GIFTS)]
    here = deps.at(FixedClock(now))
    hear(here, [partner_message(PARTNER, gift) for gift in gifts])
    bill, settled_minor = _bill(gifts)
    import_file(here, ImportRequest("statement", Confirmation(ACTOR), PARTNER), bill.encode())
    import_file(here, ImportRequest("bank", Confirmation(ACTOR)), _statement(settled_minor, now).encode())


def _open(tx: Tx, deps: Dependencies, fund: int, now: datetime) -> list[Village]:
    villages = file_more(tx, COUNTY, PROJECTS, LIAISON, REVIEWER)
    codes = [village.code for village in villages]
    partners.create(tx, deps.keys, PARTNER, "演练平台", codes)
    create(
        tx,
        NewCampaign(
            slug=SLUG,
            name="结案演练（演示，几分钟后结束）",
            host=CITY,
            opens_at=now - BEGAN,
            ends_at=now + ENDS_AFTER,
            plan=plan(now - BEGAN),
            finishing_s=60,
            late_s=60,
            notice_s=240,
        ),
        ACTOR,
    )
    for village in villages:
        add_entry(tx, SLUG, village.id, ACTOR)
    rules = {"ratio_bps": 10_000, "scope": {}, "minimum_minor": 1_00, "caps": {"donation_minor": 100_00}}
    pots.create(
        tx,
        campaign=SLUG,
        fund=fund,
        name="演练配捐池",
        rank=1,
        kind="ratio",
        mode="reserve",
        rules=rules,
        tranches=[Tranche(tx.now, 500_00)],
        actor=ACTOR,
    )
    schedule(tx, SLUG, ACTOR)
    return villages


def _gift(random: Random, village: Village, now: datetime) -> Gift:
    at = now - timedelta(minutes=random.randint(2, 50))
    return Gift(village, random.choice(AMOUNTS_MINOR), at, UUID(int=random.getrandbits(128), version=4))


def _bill(gifts: Sequence[Gift]) -> tuple[str, int]:
    """The platform's bill, and what it sends for it (fen): the first gift is missing, the second is another sum,
    and it has a gift of which it never told us."""
    lines = [(f"d-{gift.id.hex}", gift.amount_minor, gift.at) for gift in gifts[1:]]
    lines[0] = (lines[0][0], lines[0][1] + 10_00, lines[0][2])
    lines.append(("not-told", 88_00, gifts[0].at))
    text, settled_minor = _BILL, 0
    for nth, (gift_id, amount_minor, at) in enumerate(lines):
        fee_minor = amount_minor * FEE_BPS // 10_000
        text += f"R-{nth},charge,{gift_id},{amount_minor},{fee_minor},CNY,{at.isoformat()}\n"
        settled_minor += amount_minor - fee_minor
    return text, settled_minor


def _statement(settled_minor: int, now: datetime) -> str:
    """The bank's statement: what the platform sent, a transfer that nobody entered, and a fee of the bank."""
    day = local_day(now)
    rows = [(settled_minor, "演练平台结算款"), (66_00, "转账"), (-5_00, "账户管理费")]
    text = _BANK
    for nth, (amount_minor, note) in enumerate(rows):
        sign = "-" if amount_minor < 0 else ""
        text += f"{ACCOUNT},{day},{sign}{abs(amount_minor) // 100}.{abs(amount_minor) % 100:02d},{note},RB-{nth}\n"
    return text
