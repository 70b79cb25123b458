"""What managers do to match pots: each act holds the campaign's row, so that nobody gives meanwhile."""

from typing import Any

from campaigns.disclosure.totals import pot_views
from campaigns.events.campaigns import Campaign, lock, lock_id, touch_matching
from campaigns.events.phases import Phase
from campaigns.network.audit import record
from campaigns.projects.funds import find as find_fund
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from matching import pots
from matching.offers import PotState
from matching.pots import NewPot, Tranche
from matching.rules import Rules, parse

# Later a pot may only give back what is left, which closing does.
_CHANGEABLE = (Phase.DRAFT, Phase.SCHEDULED, Phase.OPEN)


def make(tx: Tx, given: dict[str, Any], actor: str) -> int:
    """A pot out of a fund's money; answers its id. `given` as in `PotIn`.

    Raises Invalid `pot_invalid` or `rules_invalid`, Conflict `fund_short` or `campaign_phase`, NotFound.
    """
    campaign = _changeable(lock(tx, given["campaign"]))
    assert campaign.id is not None
    fund = find_fund(tx, given["fund"])
    new = NewPot(
        campaign_id=campaign.id,
        fund_id=given["fund"],
        **{name: given[name] for name in ("name", "rank", "kind", "mode")},
        rules=_rules(tx, given["rules"]),
        tranches=[Tranche(**one) for one in given["tranches"]],
        currency=fund.currency,
    )
    touch_matching(tx, campaign)
    # The books close a transaction: what is written down about it comes before.
    total = sum(one.amount_minor for one in new.tranches)
    record(tx, actor, "pot.create", f"campaign:{campaign.id}", name=new.name, fund=new.fund_id, amount_minor=total)
    return pots.create(tx, new)


def change_rules(tx: Tx, pot_id: int, given: dict[str, Any], actor: str) -> int:
    """A new version of the rules; answers its number. Raises Invalid `rules_invalid`, `rules_in_the_past`."""
    _locked(tx, pot_id)
    version = pots.add_rules(tx, pot_id, _rules(tx, given["rules"]), given.get("valid_from"))
    record(tx, actor, "pot.rules", f"pot:{pot_id}", version=version)
    return version


def top_up(tx: Tx, pot_id: int, amount_minor: int, actor: str) -> None:
    """More fen from the pot's fund. Raises Conflict `fund_short`."""
    pot = _locked(tx, pot_id)
    record(tx, actor, "pot.top_up", f"pot:{pot_id}", amount_minor=amount_minor)
    pots.top_up(tx, pot, amount_minor)


def reduce(tx: Tx, pot_id: int, amount_minor: int, actor: str) -> None:
    """Free fen back to the pot's fund. Raises Conflict `pot_short`."""
    pot = _locked(tx, pot_id)
    record(tx, actor, "pot.reduce", f"pot:{pot_id}", amount_minor=amount_minor)
    pots.reduce(tx, pot, amount_minor)


def view(tx: Tx, pot_id: int) -> dict[str, Any]:
    """One pot as managers see it. Raises NotFound `pot_unknown`."""
    state = pots.find(tx, pot_id)
    shown = next(one for one in pot_views(tx, state.campaign_id) if one.id == pot_id)
    slug = tx.scalar("SELECT slug FROM campaign WHERE id = :id", id=state.campaign_id)
    newest = max(version.number for version in state.versions)
    return {**shown._asdict(), "campaign": slug, "fund": state.fund_id, "rules_version": newest}


def _locked(tx: Tx, pot_id: int) -> PotState:
    campaign = _changeable(lock_id(tx, pots.find(tx, pot_id).campaign_id))
    touch_matching(tx, campaign)
    return pots.find(tx, pot_id)  # again: only now can nobody change it any more


def _changeable(campaign: Campaign) -> Campaign:
    if campaign.phase not in _CHANGEABLE:
        raise Conflict("campaign_phase", "the campaign's pots are closed", facts={"phase": campaign.phase})
    return campaign


def _rules(tx: Tx, given: dict[str, Any]) -> Rules:
    """Rules whose fields are named as the caller sent them, and whose branches exist."""
    try:
        rules = parse(given)
    except Invalid as refusal:
        wrong = {f"rules.{name}": reason for name, reason in refusal.fields.items()}
        raise Invalid(refusal.code, refusal.message, fields=wrong) from refusal
    known = tx.rows("SELECT code FROM organisation WHERE code = ANY(:codes)", codes=list(rules.scope.under))
    if unknown := set(rules.scope.under) - {row[0] for row in known}:
        reason = "unknown organisation: " + ", ".join(sorted(unknown))
        raise Invalid("rules_invalid", "these matching rules cannot work", fields={"rules.scope.under": reason})
    return rules
