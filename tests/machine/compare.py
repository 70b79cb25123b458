"""Is what the engine stored what the plain model says? Donation by donation, pot by pot."""

from campaigns.disclosure.totals import pot_views
from campaigns.donations.standing import MatchPart, standings
from kernel.db import Tx
from ledger.statements import by_kind
from tests.machine.model import Model


def same_gifts(tx: Tx, model: Model) -> None:
    """Status, refunds, hold, and the match of each pot: all of it reserved, or all of it earned."""
    found = standings(tx, list(model.gifts))
    for id_, gift in model.gifts.items():
        one = found[id_]
        reserved = gift.matched() if gift.status == "pending" else 0
        told = (one.status, one.refunded_minor, one.match_until, one.reserved_minor, _by_pot(one.parts))
        assert told == (gift.status, gift.refunded, gift.until, reserved, gift.by_pot()), id_


def _by_pot(parts: tuple[MatchPart, ...]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for part in parts:
        sums[part.pot_id] = sums.get(part.pot_id, 0) + part.amount_minor
    return sums


def same_pots(tx: Tx, model: Model, campaign_id: int) -> None:
    """Funded, free, reserved and captured; what screening holds was captured too."""
    held = by_kind(tx, [f"pot:{pot_id}" for pot_id in model.pots])
    for view in pot_views(tx, campaign_id):
        pot = model.pots[view.id]
        waits = sum(part.amount for gift, part in model.live(pot) if gift.status == "pending")
        earned = sum(part.amount for gift, part in model.live(pot) if gift.status != "pending")
        screened = held.get((f"pot:{pot.id}", "pot_held"), 0)
        told = (view.funded_minor, view.available_minor, view.reserved_minor, view.captured_minor + screened)
        assert told == (pot.funded, model.free(pot) - pot.closed(model.now), waits, earned), view.name
