"""Create and change pots: the functions of `matching.pots`, with the campaign locked and its version raised."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

import matching.pots
from campaigns.audit import changed, record_audit
from campaigns.funds.funds import drawing
from campaigns.funds.funds import find as find_fund
from campaigns.lifecycle.campaign import bump_matching_version, lock_campaign, lock_campaign_by_id
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.network.organisations import within
from campaigns.projects.targets import targets
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, fault
from kernel.text import text_fault
from matching.models import Pot
from matching.pot_state import PotState
from matching.pots import NewPot, Tranche
from matching.rules import LEVELS, Scope, parse
from matching.tranches import TrancheHistory


def create(
    tx: Tx,
    *,
    campaign: str,
    fund: int,
    name: str,
    rank: int,
    kind: str,
    rules: Mapping[str, Any],
    tranches: Sequence[Tranche],
    actor: str,
    mode: str | None = None,
) -> int:
    """Create a pot for a campaign, filled from a fund, and return its id.

    By default `mode` is how its kind usually matches: a random pot at the payment, others at the pledge.

    Raises what `matching.pots.create` raises, Invalid `rules_invalid`, NotFound for campaign and fund, Conflict
    `fund_short`, and `campaign_phase` after the end.
    """
    if refused := text_fault(name, 100):
        raise Invalid("pot_invalid", fields={"name": refused})
    locked = lock_campaign(tx, campaign)
    _require_live(locked)
    if any(tranche.opens_at >= _match_ends_at(locked) for tranche in tranches):
        raise Invalid("pot_invalid", fields={"tranches": fault("tranche_after_last_match")})
    parsed = parse(rules)
    _check_scope(tx, parsed.scope)
    bump_matching_version(tx, locked)
    assert locked.id is not None
    mode = mode or ("payment" if kind == "random" else "reserve")
    new = NewPot(locked.id, fund, name, rank, kind, mode, parsed, tranches, locked.currency)
    with drawing(tx, find_fund(tx, fund), sum(tranche.amount_minor for tranche in tranches)):
        pot_id = matching.pots.create(tx, new)
    record_audit(tx, actor, "pot.create", f"pot:{pot_id}", rules=parsed.as_json())
    return pot_id


def list_ids(tx: Tx, campaign: str | None = None, branch: str | None = None) -> list[int]:
    """Return the ids of pots in evaluation order: all, those of one campaign (its slug), or those of campaigns
    hosted in a branch."""
    pots = select(Pot.id).join(Campaign, col(Campaign.id) == col(Pot.campaign_id))
    if branch is not None:
        pots = pots.where(within(col(Campaign.host_code), branch))
    if campaign is not None:
        pots = pots.where(col(Campaign.slug) == campaign)
    ids = tx.all(pots.order_by(col(Campaign.id).desc(), col(Pot.rank), col(Pot.id)))
    return [pot_id for pot_id in ids if pot_id is not None]


def add_rules(tx: Tx, pot_id: int, rules: Mapping[str, Any], valid_from: datetime | None, actor: str) -> int:
    """Add a version of a pot's rules and return its number. Raises as `create`, and Invalid `rules_in_the_past`."""
    pot = _lock_pot(tx, pot_id)
    campaign = lock_campaign_by_id(tx, pot.campaign_id)
    if valid_from is not None and valid_from >= _match_ends_at(campaign):
        raise Invalid("rules_invalid", fields={"valid_from": fault("rules_after_last_match")})
    parsed = parse(rules)
    _check_scope(tx, parsed.scope)
    number = matching.pots.add_rules(tx, pot_id, parsed, valid_from)
    differing = changed(pot.versions[-1].rules.as_json(), parsed.as_json())
    record_audit(tx, actor, "pot.rules", f"pot:{pot_id}", version=number, **differing)
    return number


def top_up(tx: Tx, pot_id: int, amount_minor: int, actor: str) -> None:
    """Move fen from a pot's fund into the pot. Raises Conflict `fund_short`, Invalid `amount_invalid`."""
    pot = _lock_pot(tx, pot_id)
    record_audit(tx, actor, "pot.top_up", f"pot:{pot_id}", amount_minor=amount_minor)
    with drawing(tx, find_fund(tx, pot.fund_id), amount_minor):
        matching.pots.top_up(tx, pot, amount_minor)


def reduce(tx: Tx, pot_id: int, amount_minor: int, actor: str) -> None:
    """Move free fen of a pot back to its fund. Raises Conflict `pot_short`, Invalid `amount_invalid`."""
    pot = _lock_pot(tx, pot_id)
    record_audit(tx, actor, "pot.reduce", f"pot:{pot_id}", amount_minor=amount_minor)
    matching.pots.reduce(tx, pot, amount_minor)


def pause(tx: Tx, pot_id: int, reason: str, actor: str) -> None:
    """Stop a pot from giving new match until it is resumed. Idempotent.

    Its reservations stand and are captured. While it is paused no donation gets match from it: neither at its
    payment, nor after a reinstated refund, nor after the end. Once it is resumed, the re-offer after the end serves
    donors who gave meanwhile.

    Raises NotFound `pot_unknown`, Invalid `reason_missing`, Conflict `campaign_phase` after settling.
    """
    _set_paused(tx, pot_id, reason, actor, paused=True)


def resume(tx: Tx, pot_id: int, reason: str, actor: str) -> None:
    """Resume a paused pot. Idempotent. Raises as `pause`."""
    _set_paused(tx, pot_id, reason, actor, paused=False)


def _set_paused(tx: Tx, pot_id: int, reason: str, actor: str, *, paused: bool) -> None:
    require_reason(reason)
    if matching.pots.pause(tx, _lock_pot(tx, pot_id), paused=paused):
        record_audit(tx, actor, "pot.pause" if paused else "pot.resume", f"pot:{pot_id}", reason=reason)


def move_tranche(
    tx: Tx, pot_id: int, tranche_id: int, opens_at: datetime | None, reason: str, actor: str
) -> TrancheHistory:
    """Change the opening time of a tranche (default: now). Return the tranche as it was.

    Raises NotFound `pot_unknown`, `tranche_unknown`, Conflict `tranche_open`, `campaign_phase`, Invalid
    `reason_missing`, `tranche_in_the_past`, `tranche_too_late` (no match is given any more by then).
    """
    require_reason(reason)
    pot = _lock_pot(tx, pot_id)
    if opens_at is not None and opens_at >= _match_ends_at(lock_campaign_by_id(tx, pot.campaign_id)):
        raise Invalid("tranche_too_late", fields={"opens_at": fault("tranche_after_last_match")})
    tranche = matching.pots.move_tranche(tx, pot, tranche_id, opens_at)
    was, now = tranche.opens_at.isoformat(), (opens_at or tx.now).isoformat()
    times = changed({"opens_at": was}, {"opens_at": now})
    _audit_tranche(tx, "pot.move_tranche", tranche, reason, actor, **times)
    return tranche


def withdraw_tranche(tx: Tx, pot_id: int, tranche_id: int, reason: str, actor: str) -> TrancheHistory:
    """Withdraw a tranche that has not opened: its money returns to the pot's fund. Return the tranche as it was.

    Raises as `move_tranche`.
    """
    require_reason(reason)
    tranche = matching.pots.withdraw_tranche(tx, _lock_pot(tx, pot_id), tranche_id)
    _audit_tranche(tx, "pot.withdraw_tranche", tranche, reason, actor)
    return tranche


def _audit_tranche(tx: Tx, action: str, tranche: TrancheHistory, reason: str, actor: str, **times: Any) -> None:
    detail = {"tranche": tranche.id, "amount_minor": tranche.amount_minor, **times, "reason": reason}
    record_audit(tx, actor, action, f"pot:{tranche.pot_id}", **detail)


def _lock_pot(tx: Tx, pot_id: int) -> PotState:
    """Return a pot, with its campaign locked and the matching version raised."""
    pot = matching.pots.find(tx, pot_id)
    campaign = lock_campaign_by_id(tx, pot.campaign_id)
    _require_live(campaign)
    bump_matching_version(tx, campaign)
    return matching.pots.find(tx, pot_id)


def _require_live(campaign: Campaign) -> None:
    if campaign.phase not in LIVING | {Phase.DRAFT}:
        raise Conflict("campaign_phase", phase=campaign.phase)


def _match_ends_at(campaign: Campaign) -> datetime:
    """Return the earliest time at which released match is redistributed and the campaign's match ends."""
    return campaign.ends_at + timedelta(seconds=campaign.finishing_s + campaign.late_s)


def _check_scope(tx: Tx, scope: Scope) -> None:
    """Raise Invalid `rules_invalid` for a scope that names something unknown, or that no project can ever fit: its
    other parts exclude all of its projects, or its levels are all above the places that it names."""
    faults: dict[str, Fault] = {}
    under = list(scope.under)
    rows = tx.rows("SELECT code, level FROM organisation WHERE code = ANY(:codes)", codes=under)
    known = {code: LEVELS.index(level) for code, level in rows}
    if known and scope.levels and min(known.values()) > max(map(LEVELS.index, scope.levels)):
        faults["scope"] = fault("no_project_fits")
    if unknown := [code for code in under if code not in known]:
        faults["scope.under"] = fault("unknown_organisations", values=unknown)
    known_projects = targets(tx, scope.projects)
    if missing := [project for project in scope.projects if project not in known_projects]:
        faults["scope.projects"] = fault("unknown_projects", values=missing)
    # Ratings are left out because they may still rise. The place and the tier of a project do not change.
    unrated = replace(scope, minimum_rating=0)
    if known_projects and not faults and all(unrated.excludes(target) for target in known_projects.values()):
        faults["scope"] = fault("no_project_fits")
    if faults:
        raise Invalid("rules_invalid", fields=faults)
