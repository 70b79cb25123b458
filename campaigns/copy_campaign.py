"""Copy a campaign as a new draft, such as last year's with its dates moved."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns import pots
from campaigns.audit import record_audit
from campaigns.awards.awards import copy_awards
from campaigns.funds.funds import find as find_fund
from campaigns.funds.funds import require_balance
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entries
from campaigns.lifecycle.host_contact import contacts_of, set_contact
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.lifecycle.plan import ASSESSMENT, FILING
from campaigns.network.models import Organisation
from campaigns.projects.models import Project
from campaigns.projects.states import ELIGIBLE
from campaigns.screening.models import ScreeningSetting
from kernel.clock import parse_time
from kernel.db import Tx
from matching.pot_state import PotState, load_pot_states
from matching.pots import Tranche
from matching.tranches import tranches

_FILED_ANEW = (*FILING, *ASSESSMENT)  # each campaign is filed and assessed separately


class CopyOf(NamedTuple):
    """The name and opening time of the copy; `with_pots`: its pots are filled from the same funds."""

    slug: str
    name: str
    opens_at: datetime
    with_pots: bool = True


class Copied(NamedTuple):
    """The new draft: how many projects take part again, the names of those that no longer may, how many pots it
    has, and how much these took from their funds, in fen."""

    campaign: Campaign
    entries: int
    left_out: Sequence[str]
    pots: int
    funded_minor: int


def funds_of(tx: Tx, slug: str) -> set[int]:
    """Return the funds that the pots of a campaign were filled from. Raises NotFound `campaign_unknown`."""
    return {pot.fund_id for pot in load_pot_states(tx, [find_campaign(tx, slug).id or 0])}


def copy_campaign(tx: Tx, slug: str, new: CopyOf, actor: str) -> Copied:
    """Create a draft from another campaign: plan without its filing, durations, windows, thresholds, host contact,
    awards, entries, pots with their newest rules and tranches. All times move by as much as the opening does.

    Raises NotFound `campaign_unknown`, Invalid `campaign_invalid`, Conflict `slug_used`, `fund_short`, and what
    `pots.create` raises for rules that are no longer valid.
    """
    old = find_campaign(tx, slug)
    later = new.opens_at - old.opens_at
    draft = create(
        tx,
        NewCampaign(
            slug=new.slug,
            name=new.name,
            host=old.host_code,
            opens_at=new.opens_at,
            ends_at=old.ends_at + later,
            plan={name: value for name, value in old.plan.items() if name not in _FILED_ANEW},
            windows=[_moved(window, later) for window in old.windows],
            finishing_s=old.finishing_s,
            late_s=old.late_s,
            notice_s=old.notice_s,
            self_check_s=old.self_check_s,
        ),
        actor,
    )
    assert old.id and draft.id
    _copy_settings(tx, old.id, draft, actor)
    entries, left_out = _copy_entries(tx, old.id, new.slug, actor)
    amounts = _copy_pots(tx, old.id, draft, later, actor) if new.with_pots else []
    record_audit(tx, actor, "campaign.copy", f"campaign:{draft.id}", copied_from=old.name)
    return Copied(draft, entries, left_out, len(amounts), sum(amounts))


def _moved(window: Mapping[str, str], later: timedelta) -> dict[str, str]:
    return {end: (parse_time(moment) + later).isoformat() for end, moment in window.items()}


def _copy_settings(tx: Tx, old_id: int, draft: Campaign, actor: str) -> None:
    for setting in tx.all(select(ScreeningSetting).where(ScreeningSetting.campaign_id == old_id)):
        tx.add(
            ScreeningSetting(
                campaign_id=draft.id or 0, name=setting.name, value=setting.value, changed_at=tx.now, actor=actor
            )
        )
    if contact := contacts_of(tx, [old_id]).get(old_id):
        set_contact(tx, draft.slug, contact, actor)
    copy_awards(tx, old_id, draft.slug, actor)


def _copy_entries(tx: Tx, old_id: int, slug: str, actor: str) -> tuple[int, list[str]]:
    query = select(Project).join(CampaignEntry, col(CampaignEntry.project_id) == Project.id)
    projects = tx.all(query.where(CampaignEntry.campaign_id == old_id).order_by(col(Project.id)))
    again = [project.id or 0 for project in projects if project.status in ELIGIBLE]
    entered = add_entries(tx, slug, again, actor) if again else 0
    return entered, [project.name for project in projects if project.status not in ELIGIBLE]


def _copy_pots(tx: Tx, old_id: int, draft: Campaign, later: timedelta, actor: str) -> list[int]:
    """Create copies of the pots; return how much each took from its fund, in fen."""
    states, parts = load_pot_states(tx, [old_id]), tranches(tx, old_id)
    moved = {
        pot.pot_id: [
            Tranche(part.opens_at + later, part.amount_minor)
            for part in parts.get(pot.pot_id, ())
            if not part.withdrawn
        ]
        for pot in states
    }
    amounts = {pot_id: sum(tranche.amount_minor for tranche in moved[pot_id]) for pot_id in moved}
    _require_balances(tx, states, amounts)
    for pot in states:
        pots.create(
            tx,
            campaign=draft.slug,
            fund=pot.fund_id,
            name=pot.name,
            rank=pot.rank,
            kind=pot.kind,
            mode=pot.mode,
            rules=_rules(tx, pot),
            tranches=moved[pot.pot_id],
            actor=actor,
        )
    return list(amounts.values())


def _require_balances(tx: Tx, states: Sequence[PotState], amounts: Mapping[int, int]) -> None:
    """Raise Conflict `fund_short` for the first fund that holds less than all of its pots together need."""
    wanted: Counter[int] = Counter()
    for pot in states:
        wanted[pot.fund_id] += amounts[pot.pot_id]
    for fund_id, wanted_minor in sorted(wanted.items()):
        require_balance(tx, find_fund(tx, fund_id), wanted_minor)


def _rules(tx: Tx, pot: PotState) -> dict[str, Any]:
    """Return the newest rules of a pot, in which a merged branch is replaced by its successor."""
    rules = pot.versions[-1].rules.as_json()
    scope = rules.get("scope", {})
    if under := scope.get("under"):
        merged = dict(
            tx.all(
                select(Organisation.code, Organisation.merged_into).where(
                    col(Organisation.code).in_(under), col(Organisation.merged_into).is_not(None)
                )
            )
        )
        rules = {**rules, "scope": {**scope, "under": sorted({merged.get(code) or code for code in under})}}
    return rules
