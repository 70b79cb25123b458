"""Give a project's money another purpose: filed with the authority, by two people, in new entries."""

from typing import NamedTuple

from sqlmodel import col, or_, select

from campaigns.audit import record_audit
from campaigns.donations.letters.letter_models import LetterKind
from campaigns.donations.letters.letters import queue_to_donors_of
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.payouts.allot import RELEASED, balances
from campaigns.payouts.models import PurposeBasis, PurposeChange
from campaigns.payouts.receivers import require_receiver
from campaigns.projects.projects import find as find_project
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, fault
from kernel.money import amount_fault
from kernel.text import text_fault
from ledger.chart import PAID_OUT, AccountKind, share
from ledger.kinds import TransferKind
from ledger.post import Transfer, post

MOST_FILING = 60
MOST_EVIDENCE = 300


class NewPurpose(NamedTuple):
    """The money of a project's share that moves to another project, in fen, and the number of its filing."""

    campaign: str
    to_project: int
    share: str
    amount_minor: int
    filing_no: str
    basis: str = PurposeBasis.FILING.value
    evidence: str = ""


def change_purpose(tx: Tx, project_id: int, new: NewPurpose, reason: str, actor: str) -> PurposeChange:
    """Move money of a project that is not set aside to another project, within the accounts of a campaign.

    慈善法 第55条 requires another filing, or the donors' consent. That basis may name any purpose, but the project
    must be one that the campaign's host answers for. The pages of both projects show the change, and the donors of
    the first are told by letter. Posts to the ledger. Raises NotFound `project_unknown` and `campaign_unknown`,
    Conflict `campaign_phase`, `project_state`, `project_of_another_host` and `share_short`; Invalid
    `purpose_invalid` and `reason_invalid`.
    """
    require_one_line_reason(reason)
    if faults := _faults(project_id, new):
        raise Invalid("purpose_invalid", fields=faults)
    campaign = lock_campaign(tx, new.campaign)
    if campaign.phase not in RELEASED:
        raise Conflict("campaign_phase", phase=campaign.phase)
    find_project(tx, project_id)
    require_receiver(tx, campaign, find_project(tx, new.to_project))
    kind, campaign_id = AccountKind(new.share), campaign.id or 0
    available_minor = balances(tx, campaign_id).get((project_id, kind), 0)
    if available_minor < new.amount_minor:
        raise Conflict("share_short", available_minor=available_minor)
    row = tx.add(
        PurposeChange(
            campaign_id=campaign_id,
            from_project_id=project_id,
            to_project_id=new.to_project,
            share=new.share,
            amount_minor=new.amount_minor,
            filing_no=new.filing_no,
            basis=new.basis,
            evidence=new.evidence,
            reason=reason,
            actor=actor,
            changed_at=tx.now,
        )
    )
    detail = {"project": new.to_project, "amount_minor": new.amount_minor, "filing_no": new.filing_no}
    detail |= {"basis": new.basis, "evidence": new.evidence}
    record_audit(tx, actor, "project.change_purpose", f"project:{project_id}", **detail, reason=reason)
    of_change = (LetterKind.PURPOSE_CHANGED, str(row.id), new.amount_minor)
    queue_to_donors_of(tx, campaign_id, project_id, *of_change)
    source, target = share(kind, campaign_id, project_id), share(kind, campaign_id, new.to_project)
    post(tx, [Transfer(f"purpose:{row.id}", source, target, new.amount_minor, TransferKind.PURPOSE_CHANGED)])
    return row


class ToldChange(NamedTuple):
    """What donors are told of a change of purpose."""

    to_name: str
    filing_no: str
    reason: str


def told_change(tx: Tx, change_id: int) -> ToldChange | None:
    """Return what donors are told of a change of purpose; None if there is none with this id."""
    change = tx.get(PurposeChange, change_id)
    if change is None:
        return None
    return ToldChange(find_project(tx, change.to_project_id).name, change.filing_no, change.reason)


def changes_of(tx: Tx, project_id: int) -> list[PurposeChange]:
    """Return the changes of purpose into and out of a project's money, newest first."""
    of_project = or_(PurposeChange.from_project_id == project_id, PurposeChange.to_project_id == project_id)
    return tx.all(select(PurposeChange).where(of_project).order_by(col(PurposeChange.id).desc()))


def _faults(project_id: int, new: NewPurpose) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := amount_fault(new.amount_minor):
        faults["amount_minor"] = refused
    if new.to_project == project_id:
        faults["to_project"] = fault("same_project")
    if new.share not in PAID_OUT:
        faults["share"] = fault("not_one_of", options=list(PAID_OUT))
    if refused := text_fault(new.filing_no, MOST_FILING):
        faults["filing_no"] = refused
    if new.basis not in tuple(PurposeBasis):
        faults["basis"] = fault("not_one_of", options=list(PurposeBasis))
    proven = new.basis == PurposeBasis.FILING and not new.evidence
    if not proven and (refused := text_fault(new.evidence, MOST_EVIDENCE)):
        faults["evidence"] = refused
    return faults
