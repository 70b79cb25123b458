"""Payout plans (拨付计划): created from the books, approved by another person, sent to the bank or withdrawn."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import lock_campaign, lock_campaign_by_id, slug_of
from campaigns.lifecycle.models import Campaign
from campaigns.network.organisations import find as find_organisation
from campaigns.network.owners import may_be_same_person, owners_of
from campaigns.payouts.allot import RELEASED, allot_campaign, balances
from campaigns.payouts.models import (
    PayoutPlan,
    PlanState,
    Remittance,
    RemittancePart,
    RemittanceState,
)
from campaigns.payouts.payees import active_of
from campaigns.payouts.postings import parts_of, transfers
from campaigns.payouts.rules import rules_of_campaign
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from campaigns.reasons import require_one_line_reason
from kernel.bulk import insert_rows
from kernel.db import Tx
from kernel.errors import Conflict, Forbidden, NotFound
from ledger.chart import PAID_OUT, AccountKind
from ledger.kinds import TransferKind
from ledger.post import post
from matching.rules import LEVELS, Level

_NOT_PAID = (Status.SUSPENDED, Status.BLACKLISTED)


class Due(NamedTuple):
    """A due payment of a project's share, and the organisation that gets it (None: the money stays with the
    host)."""

    payee: str | None
    project_id: int
    share: AccountKind
    amount_minor: int


def make_plan(tx: Tx, slug: str, actor: str) -> PayoutPlan:
    """Plan to pay out everything in the shares of a released campaign, with one remittance per payee.

    Undivided money is divided first. The plan sets no money aside until it is approved. A campaign has at most one
    draft. Posts to the ledger. Raises NotFound `campaign_unknown`, Conflict `campaign_phase`, `plan_open` and
    `nothing_to_pay`.
    """
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in RELEASED:
        raise Conflict("campaign_phase", phase=campaign.phase)
    open_plan = PayoutPlan.campaign_id == campaign.id, PayoutPlan.state == PlanState.DRAFT
    if (plan := tx.first(select(PayoutPlan).where(*open_plan))) is not None:
        raise Conflict("plan_open", plan=plan.id)
    allot_campaign(tx, campaign)
    due = [share for share in dues(tx, campaign) if share.payee is not None]
    if not due:
        raise Conflict("nothing_to_pay")
    total_minor = sum(share.amount_minor for share in due)
    assert campaign.id is not None
    plan = tx.add(
        PayoutPlan(
            campaign_id=campaign.id, state=PlanState.DRAFT, total_minor=total_minor, made_by=actor, made_at=tx.now
        )
    )
    payees = _add_remittances(tx, plan, due)
    record_audit(tx, actor, "payout.plan", f"payout_plan:{plan.id}", amount_minor=total_minor, lines=payees)
    return plan


def dues(tx: Tx, campaign: Campaign) -> list[Due]:
    """Return the due payments of a campaign's projects.

    The money of suspended and blacklisted projects is left out and waits.
    """
    left = {key: minor for key, minor in balances(tx, campaign.id or 0).items() if minor > 0 and key[1] in PAID_OUT}
    paid = col(Project.id).in_({project_id for project_id, _share in left}), col(Project.status).not_in(_NOT_PAID)
    lineages = {project.id: project.lineage for project in tx.all(select(Project).where(*paid))}
    host = find_organisation(tx, campaign.host_code).lineage
    lowest = Level(rules_of_campaign(tx, campaign).lowest_payee)
    return [
        Due(_payee(lineages[project_id], share, lowest, host), project_id, share, minor)
        for (project_id, share), minor in sorted(left.items())
        if project_id in lineages
    ]


def _payee(lineage: Sequence[str], share: AccountKind, lowest: Level, host: Sequence[str]) -> str | None:
    """Return the payee of a project's share: the organisation that runs the project, or its township for that
    share.

    If it is below the lowest level that the host pays, the organisation above it on that level is paid.
    """
    depth = LEVELS.index(lowest) + 1
    if share is AccountKind.SHARE_TOWNSHIP:
        depth = min(depth, LEVELS.index(Level.TOWNSHIP) + 1)
    payee = lineage[:depth][-1]
    return None if payee in host else payee


def _add_remittances(tx: Tx, plan: PayoutPlan, due: Iterable[Due]) -> int:
    by_payee = groupby(sorted(due, key=lambda share: share.payee or ""), key=lambda share: share.payee or "")
    shares_of = {payee: list(shares) for payee, shares in by_payee}
    assert plan.id is not None
    remittances = tx.add_all(
        Remittance(
            plan_id=plan.id,
            organisation_code=payee,
            end_to_end_id=f"BS{plan.id:06d}-{number:05d}",
            amount_minor=sum(share.amount_minor for share in shares),
            state=RemittanceState.PLANNED,
            changed_at=tx.now,
        )
        for number, (payee, shares) in enumerate(shares_of.items(), 1)
    )
    parts = [(row.id, share) for row in remittances for share in shares_of[row.organisation_code]]
    values = {
        "remittance_id": [remittance_id for remittance_id, _share in parts],
        "project_id": [share.project_id for _id, share in parts],
        "share": [str(share.share) for _id, share in parts],
        "amount_minor": [share.amount_minor for _id, share in parts],
    }
    insert_rows(tx, RemittancePart, values)
    return len(remittances)


def find_plan(tx: Tx, plan_id: int) -> PayoutPlan:
    """Return a plan. Raises NotFound `plan_unknown`."""
    plan = tx.get(PayoutPlan, plan_id)
    if plan is None:
        raise NotFound("plan_unknown")
    return plan


def plans_of(tx: Tx, campaign_id: int) -> list[PayoutPlan]:
    """Return the plans of a campaign, newest first."""
    own = select(PayoutPlan).where(PayoutPlan.campaign_id == campaign_id)
    return tx.all(own.order_by(col(PayoutPlan.id).desc()))


def remittances_of(tx: Tx, plan_id: int) -> list[Remittance]:
    """Return the remittances of a plan in order."""
    return tx.all(select(Remittance).where(Remittance.plan_id == plan_id).order_by(col(Remittance.id)))


def lock_plan(tx: Tx, plan_id: int, *states: PlanState) -> tuple[Campaign, PayoutPlan]:
    """Lock a plan after its campaign. Raises NotFound `plan_unknown`, Conflict `plan_state`."""
    campaign = lock_campaign_by_id(tx, find_plan(tx, plan_id).campaign_id)
    plan = tx.get(PayoutPlan, plan_id, lock=True)
    assert plan is not None
    if plan.state not in states:
        raise Conflict("plan_state", state=plan.state)
    return campaign, plan


def approve(tx: Tx, plan_id: int, actor: str, *, apart: bool = True) -> PayoutPlan:
    """Approve a plan: set its money aside, and bind each remittance to the payee's current account.

    `apart`: the person who made the plan may not approve it. Posts to the ledger. Raises NotFound `plan_unknown`,
    Conflict `plan_state`, `payee_missing`, and `plan_outdated` if a share has less than the plan says; Forbidden
    `plan_own`.
    """
    campaign, plan = lock_plan(tx, plan_id, PlanState.DRAFT)
    if apart and is_own(tx, plan, actor):
        raise Forbidden("plan_own")
    remittances = remittances_of(tx, plan_id)
    payees = active_of(tx, [row.organisation_code for row in remittances])
    require_payees(tx, [row.organisation_code for row in remittances if row.organisation_code not in payees])
    left = balances(tx, campaign.id or 0)
    if any(left.get((part.project_id, part.share), 0) < part.amount_minor for part in parts_of(tx, plan_id)):
        raise Conflict("plan_outdated")
    for row in remittances:
        row.payee_account_id = payees[row.organisation_code].id
    move(tx, remittances, RemittanceState.APPROVED, actor)
    plan.state, plan.approved_by, plan.approved_at = PlanState.APPROVED, actor, tx.now
    tx.add(plan)
    record_audit(tx, actor, "payout.approve", f"payout_plan:{plan_id}", amount_minor=plan.total_minor)
    post(tx, transfers(tx, plan_id, TransferKind.REMITTANCE_APPROVED))
    return plan


def is_own(tx: Tx, plan: PayoutPlan, actor: str) -> bool:
    """Whether this actor may be the person who made a plan."""
    others = owners_of(tx, {actor})
    makers = owners_of(tx, {plan.made_by})
    return any(may_be_same_person(tx, maker, other) for maker in makers for other in others)


def require_payees(tx: Tx, missing: Sequence[str]) -> None:
    """Raise Conflict `payee_missing` with the names of organisations that have no active account."""
    if missing:
        names = [find_organisation(tx, code).name for code in missing[:10]]
        raise Conflict("payee_missing", organisations="、".join(names), count=len(missing))


def withdraw(tx: Tx, plan_id: int, reason: str, actor: str) -> PayoutPlan:
    """Withdraw a plan that was not sent, and return what was set aside to its shares. Posts to the ledger.

    Raises NotFound `plan_unknown`, Conflict `plan_state`, Invalid `reason_invalid`.
    """
    require_one_line_reason(reason)
    _campaign, plan = lock_plan(tx, plan_id, PlanState.DRAFT, PlanState.APPROVED)
    approved = plan.state == PlanState.APPROVED
    move(tx, remittances_of(tx, plan_id), RemittanceState.WITHDRAWN, actor)
    plan.state, plan.reason = PlanState.WITHDRAWN, reason
    tx.add(plan)
    record_audit(tx, actor, "payout.withdraw", f"payout_plan:{plan_id}", reason=reason)
    if approved:
        post(tx, transfers(tx, plan_id, TransferKind.REMITTANCE_WITHDRAWN))
    return plan


def send(tx: Tx, plan_id: int, actor: str) -> PayoutPlan:
    """Mark an approved plan as sent. From now on its file for the bank exists and never changes.

    Raises NotFound `plan_unknown`, Conflict `plan_state`, and `payee_missing` if an account has ended since the
    approval, or the host has none to pay from.
    """
    campaign, plan = lock_plan(tx, plan_id, PlanState.APPROVED)
    remittances = remittances_of(tx, plan_id)
    active = active_of(tx, [campaign.host_code, *(row.organisation_code for row in remittances)])
    same = {payee.id for payee in active.values()}
    ended = [row.organisation_code for row in remittances if row.payee_account_id not in same]
    require_payees(tx, [code for code in (campaign.host_code,) if code not in active] + ended)
    plan.payer_account_id = active[campaign.host_code].id
    plan.state, plan.sent_by, plan.sent_at = PlanState.SENT, actor, tx.now
    tx.add(plan)
    move(tx, remittances, RemittanceState.SENT, actor)
    record_audit(tx, actor, "payout.send", f"payout_plan:{plan_id}", lines=len(remittances))
    return plan


def move(tx: Tx, remittances: Iterable[Remittance], state: RemittanceState, actor: str) -> None:
    """Set the state of remittances."""
    for row in remittances:
        row.state, row.actor, row.changed_at = state, actor, tx.now
        tx.add(row)


def campaign_of(tx: Tx, plan: PayoutPlan) -> str:
    """Return the slug of a plan's campaign."""
    return slug_of(tx, plan.campaign_id)
