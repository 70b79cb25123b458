"""The gifts of the demo's first two days, created by the production code at the times when they would have come.

Most come from the partner platform, the others from our own pages with the provider's messages and the lines of its
statement. The books, the match replay and the reconciliation treat them as real.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from app.demo.story import NAMES, TEAMS, messages_of
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import create_donations
from campaigns.donations.donors.contact import Donor
from campaigns.intake.process import process_inbox
from kernel.clock import SHANGHAI, FixedClock
from kernel.errors import Refusal
from kernel.money import CURRENCY
from payments import statements
from payments.gateway import StatementLine
from payments.inbox import inbox
from payments.messages import Message, message
from payments.partners.partner_secrets import valid_secrets

SEED = 41_0399
ROUNDS = 24
TOGETHER = 8  # gifts on our pages at the same moment
PAGES_SHARE = 0.25  # of the gifts come from our own pages
LATEST = 24  # newest gifts, all from our own pages
AMOUNTS_MINOR = (1_00, 5_00, 10_00, 20_00, 50_00, 66_00, 88_00, 99_00, 100_00, 200_00, 500_00, 1_000_00)
_OFTEN = (4, 8, 16, 18, 22, 6, 5, 6, 14, 5, 2, 1)
FEE_BPS = 60


class Village(NamedTuple):
    """A demo project that takes gifts. `weight`: how often it is chosen."""

    id: int
    code: str
    theme: str
    weight: float


class Gift(NamedTuple):
    """A demo gift. `at`: when it is created and paid."""

    village: Village
    amount_minor: int
    at: datetime
    id: UUID


def give(
    deps: Dependencies, campaign: str, partner: str, villages: Sequence[Village], until: datetime, most: int
) -> None:
    """Create about `most` gifts in the two days before `until`."""
    random = Random(SEED)  # noqa: S311 - a demo that is the same at each start
    for began, ended in pairwise(_moments(until)):
        count = round(most * _share(began, until))
        gifts = sorted((_gift(random, villages, began, ended) for _ in range(count)), key=lambda gift: gift.at)
        # The newest gifts are shown on the first pages, and donors on our own pages agree to be named.
        own = gifts[:: round(1 / PAGES_SHARE)] if ended < until else gifts[-LATEST:] or gifts
        give_over_partner(deps.at(FixedClock(ended)), partner, [gift for gift in gifts if gift not in own])
        _over_pages(deps.at(FixedClock(ended)), campaign, own, random)
    with deps.db.transaction() as tx:
        compare(tx)


def _moments(until: datetime) -> list[datetime]:
    step = timedelta(days=2) / ROUNDS
    return [until - step * number for number in range(ROUNDS, -1, -1)]


def _share(at: datetime, until: datetime) -> float:
    """Return the share of all gifts in the round that starts at `at`: few at night, many in the first rounds."""
    moments = _moments(until)[:-1]
    weights = [_liveliness(moment) * (3 if number < 4 else 1) for number, moment in enumerate(moments)]
    return weights[moments.index(at)] / sum(weights)


def _liveliness(at: datetime) -> float:
    hour = at.astimezone(SHANGHAI).hour
    return 0.15 if hour < 6 else 0.6 if hour < 9 else 1.0 if hour < 19 else 1.6


def _gift(random: Random, villages: Sequence[Village], began: datetime, ended: datetime) -> Gift:
    village = random.choices(villages, [village.weight for village in villages])[0]
    amount = random.choices(AMOUNTS_MINOR, _OFTEN)[0]
    at = began + (ended - began) * (random.random() * 0.95)
    return Gift(village, amount, at.replace(microsecond=0), UUID(int=random.getrandbits(128), version=4))


def _over_pages(deps: Dependencies, campaign: str, gifts: Sequence[Gift], random: Random) -> None:
    give_on_pages(deps, gifts, lambda gift: _command(campaign, gift, random), TOGETHER)
    with deps.db.transaction() as tx:
        statements.store(tx, [line_of(deps.gateway.provider, gift) for gift in gifts])


def give_on_pages(
    deps: Dependencies, gifts: Sequence[Gift], command: Callable[[Gift], CreateDonation], together: int = 1
) -> None:
    """Create donations on our pages, so many at the time of the first, and pay each at its own time."""
    for first in range(0, len(gifts), together):
        group = gifts[first : first + together]
        at_their_time = deps.at(FixedClock(group[0].at))
        for result in create_donations(at_their_time, [command(gift) for gift in group]):
            if isinstance(result, Refusal):
                raise result
    hear(deps, [payment_of(deps.gateway.provider, gift) for gift in gifts])


def hear(deps: Dependencies, messages: Sequence[Message]) -> None:
    """Store external messages and process them."""
    with deps.db.transaction() as tx:
        inbox.store(tx, deps.keys, messages)
    while process_inbox(deps):
        pass


def _command(campaign: str, gift: Gift, random: Random) -> CreateDonation:
    name = random.choice(NAMES) if random.random() < 0.85 else None
    return CreateDonation(
        id=gift.id,
        campaign=campaign,
        project=gift.village.id,
        amount_minor=gift.amount_minor,
        donor=Donor(name=name, phone=phone_of(gift), publish_name=name is not None),
        message=random.choice(messages_of(gift.village.theme)) if random.random() < 0.45 else "",
        team=_team(gift),
        accept_unmatched=True,
    )


def phone_of(gift: Gift) -> str | None:
    """Return a phone number for every third donor, which reaches no one."""
    return f"1380000{gift.id.int % 10_000:04d}" if gift.id.int % 3 == 0 else None


def _team(gift: Gift) -> str:
    """Return a team for every third gift, always the same one."""
    number = gift.id.int % (3 * len(TEAMS))
    return list(TEAMS)[number] if number < len(TEAMS) else ""


def payment_of(provider: str, gift: Gift) -> Message:
    """Return the provider's message about a payment."""
    intent = {
        "id": f"pi_{gift.id.hex}",
        "object": "payment_intent",
        "amount": gift.amount_minor,
        "amount_received": gift.amount_minor,
        "currency": CURRENCY.lower(),
        "metadata": {"donation_id": str(gift.id)},
        "latest_charge": f"ch_{gift.id.hex}",
    }
    event = {
        "id": f"evt_{gift.id.hex}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(gift.at.timestamp()) + 20,
        "data": {"object": intent},
    }
    return message(provider, f"evt_{gift.id.hex}", event, compare=False)


def line_of(provider: str, gift: Gift) -> StatementLine:
    """Return the payment's line in the provider's statement."""
    return StatementLine(
        provider=provider,
        kind="charge",
        line_id=f"txn_{gift.id.hex}",
        source_id=f"ch_{gift.id.hex}",
        payment_intent=f"pi_{gift.id.hex}",
        donation_id=gift.id,
        amount_minor=gift.amount_minor,
        fee_minor=gift.amount_minor * FEE_BPS // 10_000,
        currency=CURRENCY,
        occurred_at=gift.at + timedelta(seconds=20),
        fee_currency=CURRENCY,
    )


def give_over_partner(deps: Dependencies, partner: str, gifts: Sequence[Gift]) -> None:
    """Book gifts that a platform with one valid secret reports now."""
    hear(deps, [partner_message(partner, gift) for gift in gifts])
    with deps.db.transaction() as tx:
        (secret,) = valid_secrets(tx, partner)
        secret.last_used_at = tx.now  # as if the messages had come through the partner's door


def partner_message(partner: str, gift: Gift) -> Message:
    """Return the partner platform's message about a gift."""
    return message(f"partner:{partner}", f"e-{gift.id.hex}", _event(gift), compare=True)


def _event(gift: Gift) -> dict[str, Any]:
    return {
        "type": "donation.paid",
        "id": f"e-{gift.id.hex}",
        "occurred_at": gift.at.isoformat(),
        "data": {
            "donation_id": f"d-{gift.id.hex}",
            "project_code": gift.village.code,
            "amount_minor": gift.amount_minor,
            "currency": CURRENCY,
            "paid_at": gift.at.isoformat(),
            "donor": {"key": f"u-{gift.id.hex[:12]}"},
        },
    }
