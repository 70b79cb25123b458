"""A rehearsal beside the demo campaign: a small campaign that opens about a minute after the seed. Within a quarter
of an hour it ends and closes by itself, apart from the decisions that finance must make.

The job `rehearsal` plays its platform and its bank. Gifts arrive while it is open. The platform's bill and the
bank's statement, with a few differences for finance, arrive after its end; then the bank pays the remittances sent
to it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from app.demo.accounts import FINANCE, LIAISON, REVIEWER, SECOND_FINANCE
from app.demo.gifts import FEE_BPS, Gift, Village, hear, partner_message
from app.demo.places import Places, demo_places
from app.demo.plan import plan
from app.demo.projects import file_at
from campaigns import pots
from campaigns.dependencies import Dependencies
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, import_file
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import schedule
from campaigns.network.organisations import names_of
from campaigns.payouts import payees, rules
from campaigns.payouts.payees import NewAccount
from campaigns.payouts.split import Shares
from kernel.clock import local_day
from kernel.db import Tx
from matching.pots import Tranche
from payments.partners import partners

SLUG, PARTNER, ACTOR = "rehearsal", "rehearsal-platform", "seed"
SEED = 41_0325
OPENS_AFTER, LASTS = timedelta(seconds=75), timedelta(minutes=3)
FINISHING_S = LATE_S = 30
NOTICE_S = 180
GIFTS = 12
AMOUNTS_MINOR = (10_00, 20_00, 50_00, 66_00, 100_00)
SPLIT = Shares(9_000, 700, 300)
ACCOUNT = "41050168360800000000"
_BILL = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
_BANK = "账号,记账日期,金额,附言,摘要,流水号\n"


class _Row(NamedTuple):
    """A line of the bank's statement; fen, negative for outgoing payments."""

    amount_minor: int
    reference: str
    note: str
    number: str


def prepare(
    deps: Dependencies,
    fund: int,
    now: datetime,
    lasts: timedelta = LASTS,
    name: str = "结案演练（演示，几分钟走完）",
    places: Places | None = None,
) -> None:
    """Schedule the rehearsal at some places (None: the demo's), with the split rules and payee accounts that its
    payouts need."""
    with deps.db.transaction() as tx:
        places = places or demo_places(tx)
        villages = [
            file_at(tx, places.village, LIAISON, REVIEWER),
            file_at(tx, places.other_village, LIAISON, REVIEWER, index=0, people=30),
        ]
        partners.create(tx, deps.keys, PARTNER, "演练平台", [village.code for village in villages])
        _schedule(tx, places.city, fund, villages, name, now + OPENS_AFTER, lasts)
        for village in villages:
            rules.set_split(tx, village.id, SPLIT, None, "演练：乡镇统筹 7%，管理费 3%", FINANCE)
        for number, code in enumerate(dict.fromkeys((places.city, places.county, places.other_county))):
            _open_account(tx, deps, code, number)


def _schedule(
    tx: Tx, city: str, fund: int, villages: Sequence[Village], name: str, opens_at: datetime, lasts: timedelta
) -> None:
    city_name = names_of(tx, [city])[city]
    create(
        tx,
        NewCampaign(
            slug=SLUG,
            name=name,
            host=city,
            opens_at=opens_at,
            ends_at=opens_at + lasts,
            plan=plan(opens_at, city_name, city_name),
            finishing_s=FINISHING_S,
            late_s=LATE_S,
            notice_s=NOTICE_S,
        ),
        ACTOR,
    )
    for village in villages:
        add_entry(tx, SLUG, village.id, ACTOR)
    pot_rules = {"ratio_bps": 10_000, "scope": {}, "minimum_minor": 1_00, "caps": {"donation_minor": 100_00}}
    pots.create(
        tx,
        campaign=SLUG,
        fund=fund,
        name="演练配捐池",
        rank=1,
        kind="ratio",
        mode="reserve",
        rules=pot_rules,
        tranches=[Tranche(tx.now, 800_00)],
        actor=ACTOR,
    )
    schedule(tx, SLUG, ACTOR)


def _open_account(tx: Tx, deps: Dependencies, code: str, number: int) -> None:
    """Enter and confirm an organisation's account, which does not exist at any bank."""
    name = tx.scalar("SELECT name FROM organisation WHERE code = :code", code=code)
    account = NewAccount(f"{name}慈善会（演示）", "演示银行", "105493000010", f"41050168360800{number:06d}")
    payees.confirm(tx, payees.propose(tx, deps.keys, code, account, FINANCE).id or 0, SECOND_FINANCE)


class _State(NamedTuple):
    """The state of the rehearsal: its times and projects, and what its platform and bank have already sent."""

    now: datetime
    opens_at: datetime
    ends_at: datetime
    villages: list[Village]
    heard: int
    billed: bool


def play(deps: Dependencies) -> int:
    """Play the platform and the bank: send what is due, and return how many items. Does nothing outside of the demo
    site."""
    if not deps.demo:
        return 0
    with deps.db.transaction() as tx:
        state = _state(tx)
        paid = _payments(tx) if state is not None else []
    if state is None:
        return 0
    gifts = [gift for gift in _gifts(state) if gift.at <= state.now]
    if len(gifts) > state.heard:
        hear(deps, [partner_message(PARTNER, gift) for gift in gifts])
        return len(gifts) - state.heard
    if len(gifts) == GIFTS and state.now > state.ends_at and not state.billed:
        bill, settled_minor = _bill(gifts)
        import_file(deps, ImportRequest("statement", Confirmation(ACTOR), PARTNER), bill.encode())
        _import_statement(deps, state.now, _received(settled_minor))
        return 2
    if paid:
        _import_statement(deps, state.now, paid)
    return len(paid)


def _state(tx: Tx) -> _State | None:
    """Return the state of the rehearsal; None if there is none, or it is a draft, archived or cancelled."""
    for row in tx.rows(
        """SELECT c.id, c.opens_at, c.ends_at,
                  (SELECT count(*) FROM inbox_event WHERE source = :source) AS heard,
                  EXISTS (SELECT FROM provider_line WHERE provider = :source) AS billed
             FROM campaign c WHERE c.slug = :slug AND c.phase NOT IN ('draft', 'archived', 'cancelled')""",
        slug=SLUG,
        source=f"partner:{PARTNER}",
    ):
        projects = tx.rows(
            """SELECT p.id, p.code, p.theme FROM campaign_entry e JOIN project p ON p.id = e.project_id
                WHERE e.campaign_id = :campaign ORDER BY p.id""",
            campaign=row.id,
        )
        villages = [Village(project.id, project.code, project.theme, 1.0) for project in projects]
        return _State(tx.now, row.opens_at, row.ends_at, villages, row.heard, row.billed)
    return None


def _payments(tx: Tx) -> list[_Row]:
    """Return the remittances sent to the bank but not yet on a statement."""
    rows = tx.rows(
        """SELECT r.end_to_end_id, r.amount_minor FROM remittance r JOIN payout_plan p ON p.id = r.plan_id
             JOIN campaign c ON c.id = p.campaign_id
            WHERE c.slug = :slug AND r.state = 'sent'
              AND NOT EXISTS (SELECT FROM bank_line l WHERE l.reference = r.end_to_end_id)
            ORDER BY r.id""",
        slug=SLUG,
    )
    return [_Row(-row.amount_minor, row.end_to_end_id, "拨款", f"RP-{row.end_to_end_id}") for row in rows]


def _gifts(state: _State) -> Iterator[Gift]:
    """Yield gifts spread evenly over the time while the campaign is open."""
    random = Random(SEED)  # noqa: S311 - the demo is the same at each start
    step = (state.ends_at - state.opens_at) / (GIFTS + 1)
    for nth in range(1, GIFTS + 1):
        at = (state.opens_at + step * nth).replace(microsecond=0)
        village = state.villages[nth % len(state.villages)]
        yield Gift(village, random.choice(AMOUNTS_MINOR), at, UUID(int=random.getrandbits(128), version=4))


def _bill(gifts: Sequence[Gift]) -> tuple[str, int]:
    """Return the platform's bill and the amount it transfers (fen). The first gift is missing, the second has
    another amount, and a company's gift was never reported to us; it is above what one person may sign off."""
    lines = [(f"d-{gift.id.hex}", gift.amount_minor, gift.at) for gift in gifts[1:]]
    lines[0] = (lines[0][0], lines[0][1] + 10_00, lines[0][2])
    lines.append(("not-told", 12_000_00, gifts[0].at))
    text, settled_minor = _BILL, 0
    for nth, (gift_id, amount_minor, at) in enumerate(lines):
        fee_minor = amount_minor * FEE_BPS // 10_000
        text += f"R-{nth},charge,{gift_id},{amount_minor},{fee_minor},CNY,{at.isoformat()}\n"
        settled_minor += amount_minor - fee_minor
    return text, settled_minor


def _received(settled_minor: int) -> list[_Row]:
    """Return the platform's transfer, an unexpected transfer, and a bank fee."""
    return [
        _Row(settled_minor, "", "演练平台结算款", "RB-0"),
        _Row(66_00, "", "转账", "RB-1"),
        _Row(-5_00, "", "账户管理费", "RB-2"),
    ]


def _import_statement(deps: Dependencies, now: datetime, rows: Sequence[_Row]) -> None:
    text = _BANK
    for row in rows:
        sign, fen = "-" if row.amount_minor < 0 else "", abs(row.amount_minor)
        yuan = f"{sign}{fen // 100}.{fen % 100:02d}"
        text += f"{ACCOUNT},{local_day(now)},{yuan},{row.reference},{row.note},{row.number}\n"
    import_file(deps, ImportRequest("bank", Confirmation(ACTOR)), text.encode())
