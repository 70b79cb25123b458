"""The measured giving day: the demo campaign beside a campaign with one hot pot and all caps enabled.

Created through the use cases. Amounts are in fen.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from app.demo.seed import seed
from campaigns import pots
from campaigns.check import check_books
from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import Created, create_donations
from campaigns.donations.donors.contact import Donor
from campaigns.funds import deposits, funds
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.plan import PLAN_FIELDS
from campaigns.lifecycle.transitions import schedule
from kernel.db import Tx
from matching.pots import Tranche
from payments.messages import Message, message

SLUG = "hot"
ACTOR = "bench"
GIFT_MINOR = 10_00
DONORS = 20_000  # they give repeatedly, so that the caps have something to add up
POT_MINOR = 40_000_000_00
# All five caps are enabled and checked for every gift. None is reached, so that every request does the whole work.
CAPS = {
    "donation_minor": 500_00,
    "donor_day_minor": 9_990_00,
    "donor_minor": 50_000_00,
    "project_minor": 35_000_000_00,
    "county_minor": 38_000_000_00,
}


class Broken(RuntimeError):
    """The measured system gave a wrong result, so its speed means nothing."""


class Sums(NamedTuple):
    """Sums of the hot campaign in the database."""

    donations: int
    reserved_minor: int
    captured_minor: int
    free_minor: int


def make(deps: Dependencies) -> None:
    """Create the demo campaign (the real tree, its projects and pots), and the hot campaign with the same
    projects."""
    seed(deps)
    with deps.db.transaction() as tx:
        add_campaign(tx, SLUG, [POT_MINOR])


def add_campaign(tx: Tx, slug: str, pots_minor: Sequence[int]) -> None:
    """Add a campaign with these pots (fen), used in this order."""
    create(tx, _campaign(slug, tx.now), ACTOR)
    for project_id in demo_projects(tx):
        add_entry(tx, slug, project_id, ACTOR)
    fund = funds.create(tx, f"bench {slug}", "special", ACTOR)
    deposits.deposit(tx, fund, sum(pots_minor), "CNY", f"BENCH-{slug}", ACTOR)
    for rank, amount_minor in enumerate(pots_minor, 1):
        _pot(tx, slug, fund, rank, amount_minor)
    schedule(tx, slug, ACTOR)


def _pot(tx: Tx, slug: str, fund: int, rank: int, amount_minor: int) -> None:
    pots.create(
        tx,
        campaign=slug,
        fund=fund,
        name=f"{slug} pot {rank}",
        rank=rank,
        kind="ratio",
        mode="reserve",
        rules={"ratio_bps": 10_000, "scope": {"levels": ["village"]}, "minimum_minor": 1_00, "caps": CAPS},
        tranches=[Tranche(tx.now, amount_minor)],
        actor=ACTOR,
    )


def _campaign(slug: str, now: datetime) -> NewCampaign:
    plan: dict[str, Any] = dict.fromkeys(PLAN_FIELDS, "given")
    plan["platform_url"] = "https://platform.example"
    plan |= {"cost_minor": 0, "certificate_until": "2099-01-01", "filed_at": "2020-01-01"}
    return NewCampaign(slug, "Bench", "4103", now - timedelta(minutes=1), now + timedelta(hours=8), plan)


def demo_projects(tx: Tx) -> list[int]:
    """Return the first forty village projects of the demo campaign."""
    rows = tx.rows(
        """SELECT e.project_id FROM campaign_entry e JOIN campaign c ON c.id = e.campaign_id
            WHERE c.slug = 'demo' ORDER BY e.project_id LIMIT 40"""
    )
    return [row[0] for row in rows]


def projects(deps: Dependencies) -> list[int]:
    """Return the ids of the hot campaign's projects."""
    with deps.db.transaction() as tx:
        return demo_projects(tx)


def bodies(project_ids: Sequence[int], count: int) -> Iterator[bytes]:
    """Yield bodies of POST /donations, each a new donation. They rotate through the projects and twenty thousand
    donors."""
    for index in range(count):
        id_ = uuid4()
        yield (
            f'{{"id":"{id_}","campaign":"{SLUG}","project":{project_ids[index % len(project_ids)]},'
            f'"amount_minor":{GIFT_MINOR},"currency":"CNY",'
            f'"donor":{{"email":"donor{id_.int % DONORS}@example.cn"}},"accept_unmatched":false}}'
        ).encode()


def pledge(deps: Dependencies, count: int, batch: int = 500) -> list[UUID]:
    """Create donations that wait for their payment, with the use case. Raises the first refusal."""
    places = projects(deps)
    made: list[UUID] = []
    for start in range(0, count, batch):
        commands = [_wish(places, index) for index in range(start, min(start + batch, count))]
        for outcome in create_donations(deps, commands):
            if not isinstance(outcome, Created):
                raise outcome
        made += [command.id for command in commands]
    return made


def _wish(places: Sequence[int], index: int) -> CreateDonation:
    donor = Donor(email=f"donor{index % DONORS}@example.cn")
    return CreateDonation(uuid4(), SLUG, places[index % len(places)], GIFT_MINOR, donor=donor)


def paid_event(donation_id: UUID, at: datetime, amount_minor: int = GIFT_MINOR) -> Message:
    """Return the provider's message that a donation was paid, as its webhook stores it."""
    body = {
        "id": f"evt_{donation_id.hex}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(at.timestamp()),
        "data": {
            "object": {
                "id": f"pi_{donation_id.hex}",
                "object": "payment_intent",
                "amount": amount_minor,
                "amount_received": amount_minor,
                "currency": "cny",
                "metadata": {"donation_id": str(donation_id)},
                "latest_charge": f"ch_{donation_id.hex}",
                "livemode": False,
                "payment_method_types": ["card", "alipay", "wechat_pay"],
                "status": "succeeded",
            }
        },
    }
    return message("stripe", str(body["id"]), body, compare=False)


def sums(deps: Dependencies, slug: str = SLUG) -> Sums:
    """Count the donations of a campaign and add up its pots."""
    with deps.db.snapshot() as tx:
        row = tx.row(
            """SELECT (SELECT count(*) FROM donation d JOIN campaign c ON c.id = d.campaign_id
                        WHERE c.slug = :slug),
                      coalesce(sum(a.balance_minor) FILTER (WHERE a.kind = 'pot_reserved'), 0),
                      coalesce(sum(a.balance_minor) FILTER (WHERE a.kind IN ('pot_captured', 'pot_released')), 0),
                      coalesce(sum(a.balance_minor) FILTER (WHERE a.kind = 'pot_free'), 0)
                 FROM pot p JOIN campaign c ON c.id = p.campaign_id
                 JOIN pot_balance a ON a.pot_id = p.id
                WHERE c.slug = :slug""",
            slug=slug,
        )
    assert row is not None
    return Sums(*(int(figure) for figure in row))


def prove(deps: Dependencies, donations: int, captured: int = 0) -> None:
    """Check that every promise holds and that the pot has exactly these donations, `captured` of them paid. Raises
    Broken."""
    booked = sums(deps)
    match = GIFT_MINOR  # 1:1, no cap is reached
    wanted = Sums(donations, (donations - captured) * match, captured * match, POT_MINOR - donations * match)
    if booked != wanted:
        raise Broken(f"the books say {booked}, acknowledged were {wanted}")
    with deps.db.snapshot() as tx:
        if faults := check_books(tx):
            raise Broken("; ".join(faults[:5]))
