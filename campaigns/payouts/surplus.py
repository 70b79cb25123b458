"""The surplus of an ended project (剩余财产, 慈善法 第58条): money that came back, and its use by the rule of the
campaign's host, by two people, in new entries."""

from datetime import date
from typing import NamedTuple

from sqlmodel import col, or_, select

from campaigns.audit import record_audit
from campaigns.funds.bank_references import spelling
from campaigns.funds.funds import find as find_fund
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.models import Campaign
from campaigns.payouts.allot import RELEASED, balances
from campaigns.payouts.figures import of_project
from campaigns.payouts.models import SurplusWay
from campaigns.payouts.receivers import fund_owners, require_receiver
from campaigns.payouts.rules import rules_of_campaign
from campaigns.payouts.surplus_models import SurplusReturn, SurplusUse
from campaigns.projects.models import Project
from campaigns.projects.projects import find as find_project
from campaigns.projects.states import ENDED
from campaigns.reasons import require_one_line_reason
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, fault
from kernel.money import amount_fault
from kernel.text import text_fault
from ledger.chart import PAID_OUT, Account, AccountKind, bank, share
from ledger.chart import fund as fund_account
from ledger.kinds import TransferKind
from ledger.post import Transfer, post

MOST_REFERENCE = 100


class NewUse(NamedTuple):
    """A use of money of an ended project's share, in fen. `to` is a project or, by the rule `fund`, a fund."""

    campaign: str
    amount_minor: int
    way: str
    to: int
    share: str = AccountKind.SHARE_PROJECT.value


class NewReturn(NamedTuple):
    """Money that came back to the bank, in fen, with the bank's reference and the day."""

    campaign: str
    amount_minor: int
    reference: str
    returned_on: date


def use_surplus(tx: Tx, project_id: int, new: NewUse, reason: str, actor: str) -> SurplusUse:
    """Use money of an ended project that is not set aside, by the rule of the campaign's host. Posts to the ledger.

    Raises NotFound `campaign_unknown`, `project_unknown`, `fund_unknown`; Conflict `campaign_phase`,
    `project_state`, `project_of_another_host`, `surplus_rule` (the rule names another way, or does not allow the
    target), `share_short`; Invalid `surplus_invalid` and `reason_invalid`.
    """
    require_one_line_reason(reason)
    if faults := _use_faults(project_id, new):
        raise Invalid("surplus_invalid", fields=faults)
    campaign, project = _lock(tx, new.campaign, project_id)
    target = _target(tx, campaign, project, new)
    kind, campaign_id = AccountKind(new.share), campaign.id or 0
    available_minor = balances(tx, campaign_id).get((project_id, kind), 0)
    if available_minor < new.amount_minor:
        raise Conflict("share_short", available_minor=available_minor)
    into_fund = new.way == SurplusWay.FUND
    row = tx.add(
        SurplusUse(
            campaign_id=campaign_id,
            project_id=project_id,
            share=new.share,
            amount_minor=new.amount_minor,
            way=new.way,
            to_project_id=None if into_fund else new.to,
            to_fund_id=new.to if into_fund else None,
            reason=reason,
            actor=actor,
            used_at=tx.now,
        )
    )
    detail = {"way": new.way, "amount_minor": new.amount_minor, "fund" if into_fund else "to_project": new.to}
    record_audit(tx, actor, "project.use_surplus", f"project:{project_id}", **detail, reason=reason)
    moved = TransferKind.SURPLUS_TO_FUND if into_fund else TransferKind.SURPLUS_MOVED
    source = share(kind, campaign_id, project_id)
    post(tx, [Transfer(f"surplus:{row.id}", source, target, new.amount_minor, moved)])
    return row


def return_surplus(tx: Tx, project_id: int, new: NewReturn, actor: str) -> SurplusReturn:
    """Record that money that an ended project was paid and did not spend came back to the bank.

    A repeated call changes nothing. Posts to the ledger. Raises NotFound `campaign_unknown`, `project_unknown`;
    Conflict `campaign_phase`, `project_state`, `surplus_reused` (the reference has another amount, project or
    campaign), `paid_short` (more than was paid out for it); Invalid `surplus_invalid`.
    """
    if faults := _return_faults(new, local_day(tx.now)):
        raise Invalid("surplus_invalid", fields=faults)
    campaign, _project = _lock(tx, new.campaign, project_id)
    campaign_id = campaign.id or 0
    known = tx.first(select(SurplusReturn).where(spelling(SurplusReturn.reference) == spelling(new.reference)))
    if known is not None:
        if (known.campaign_id, known.project_id, known.amount_minor) == (campaign_id, project_id, new.amount_minor):
            return known
        raise Conflict("surplus_reused", amount_minor=known.amount_minor)
    paid_minor = of_project(tx, campaign_id, project_id).paid_minor
    if paid_minor < new.amount_minor:
        raise Conflict("paid_short", available_minor=paid_minor)
    row = tx.add(
        SurplusReturn(
            campaign_id=campaign_id,
            project_id=project_id,
            amount_minor=new.amount_minor,
            reference=new.reference,
            returned_on=new.returned_on,
            actor=actor,
            entered_at=tx.now,
        )
    )
    detail = {"campaign": new.campaign, "amount_minor": new.amount_minor, "reference": new.reference}
    record_audit(tx, actor, "project.return_surplus", f"project:{project_id}", **detail)
    to = share(AccountKind.SHARE_PROJECT, campaign_id, project_id)
    kind = TransferKind.SURPLUS_RETURNED
    post(tx, [Transfer(f"surplus_returned:{row.id}", bank(), to, new.amount_minor, kind)])
    return row


def uses_of(tx: Tx, project_id: int) -> list[SurplusUse]:
    """Return the uses of a project's surplus, and what it got of the surplus of others, newest first."""
    of_it = or_(SurplusUse.project_id == project_id, SurplusUse.to_project_id == project_id)
    return tx.all(select(SurplusUse).where(of_it).order_by(col(SurplusUse.id).desc()))


def returns_of(tx: Tx, project_id: int) -> list[SurplusReturn]:
    """Return the returns of a project's money, newest first."""
    own = select(SurplusReturn).where(SurplusReturn.project_id == project_id)
    return tx.all(own.order_by(col(SurplusReturn.id).desc()))


def _lock(tx: Tx, slug: str, project_id: int) -> tuple[Campaign, Project]:
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in RELEASED:
        raise Conflict("campaign_phase", phase=campaign.phase)
    project = find_project(tx, project_id)
    if project.status not in ENDED:
        raise Conflict("project_state", status=project.status)
    return campaign, project


def _target(tx: Tx, campaign: Campaign, project: Project, new: NewUse) -> Account:
    """Return the account that the money moves to. Raises Conflict if the rule does not allow it."""
    rule = rules_of_campaign(tx, campaign).surplus_to
    if new.way != rule:
        raise Conflict("surplus_rule", rule=rule)
    if new.way == SurplusWay.FUND:
        owner = find_fund(tx, new.to).organisation_code
        if owner is not None and owner not in fund_owners(tx, campaign):
            raise Conflict("surplus_rule", rule=rule)
        return fund_account(new.to)
    to = find_project(tx, new.to)
    require_receiver(tx, campaign, to)
    if not fits(rule, project, to):
        raise Conflict("surplus_rule", rule=rule)
    return share(AccountKind(new.share), campaign.id or 0, to.id or 0)


def fits(rule: str, project: Project, to: Project) -> bool:
    """Return whether a rule lets a project get the surplus of another."""
    if rule == SurplusWay.SAME_PURPOSE:
        return to.theme == project.theme
    return rule == SurplusWay.SAME_TOWNSHIP and bool(to.township_code) and to.township_code == project.township_code


def _use_faults(project_id: int, new: NewUse) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := amount_fault(new.amount_minor):
        faults["amount_minor"] = refused
    if new.way not in tuple(SurplusWay):
        faults["way"] = fault("not_one_of", options=list(SurplusWay))
    if new.share not in PAID_OUT:
        faults["share"] = fault("not_one_of", options=list(PAID_OUT))
    if new.to == project_id and new.way != SurplusWay.FUND:
        faults["to"] = fault("same_project")
    return faults


def _return_faults(new: NewReturn, today: date) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := amount_fault(new.amount_minor):
        faults["amount_minor"] = refused
    if refused := text_fault(new.reference, MOST_REFERENCE):
        faults["reference"] = refused
    if new.returned_on > today:
        faults["returned_on"] = fault("in_the_future")
    return faults
