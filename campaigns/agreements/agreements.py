"""Agreements as records: entered, listed and ended."""

from datetime import date, timedelta
from typing import NamedTuple

from sqlmodel import col, func, select

from campaigns.agreements.models import Agreement, AgreementKind
from campaigns.audit import record_audit
from campaigns.funds.funds import find as find_fund
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.models import Organisation
from campaigns.network.organisations import find as find_organisation
from campaigns.network.organisations import within
from campaigns.reasons import require_one_line_reason
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import amount_fault
from kernel.paging import FIRST_PAGE, Page
from kernel.text import text_fault

REMIND = timedelta(days=30)  # before an agreement ends; our default
MOST = {"number": 60, "title": 100, "party": 100}
MAY_BE_EMPTY = {"assessment": 500, "document": 300}


class NewAgreement(NamedTuple):
    """An agreement as entered. `campaign` is only for partners; `fund` is where its money goes."""

    kind: str
    number: str
    title: str
    party: str
    signed_on: date
    ends_on: date | None = None
    amount_minor: int | None = None
    campaign: str | None = None
    fund: int | None = None
    assessment: str = ""
    document: str = ""


class Partner(NamedTuple):
    """A partner of a campaign as the public sees it."""

    party: str
    number: str
    signed_on: date
    ends_on: date | None
    assessment: str


def enter(tx: Tx, code: str, new: NewAgreement, actor: str) -> Agreement:
    """Enter an agreement of an organisation.

    Raises NotFound `organisation_unknown`, `campaign_unknown`, `fund_unknown`; Invalid `agreement_invalid`;
    Conflict `agreement_exists` when the organisation has one with this number.
    """
    if faults := _faults(new, local_day(tx.now)):
        raise Invalid("agreement_invalid", fields=faults)
    find_organisation(tx, code)
    campaign = find_campaign(tx, new.campaign) if new.campaign else None
    if new.fund is not None:
        find_fund(tx, new.fund)
    tx.lock_name(f"agreement:{code}:{new.number}")
    same = select(Agreement).where(Agreement.organisation_code == code, Agreement.number == new.number)
    if tx.first(same):
        raise Conflict("agreement_exists", fields={"number": fault("taken")})
    row = tx.add(
        Agreement(
            organisation_code=code,
            campaign_id=campaign.id if campaign else None,
            fund_id=new.fund,
            **{name: value for name, value in new._asdict().items() if name not in ("campaign", "fund")},
            actor=actor,
            entered_at=tx.now,
        )
    )
    detail = {"kind": new.kind, "organisation": code, "amount_minor": new.amount_minor}
    record_audit(tx, actor, "agreement.enter", f"agreement:{row.id}", **detail)
    return row


def end(tx: Tx, agreement_id: int, reason: str, actor: str) -> Agreement:
    """End an agreement before its term. Raises NotFound `agreement_unknown`, Conflict `agreement_ended`, Invalid
    `reason_invalid`."""
    require_one_line_reason(reason)
    row = find(tx, agreement_id, lock=True)
    if row.ended_at is not None:
        raise Conflict("agreement_ended")
    row.ended_at, row.end_reason = tx.now, reason
    record_audit(tx, actor, "agreement.end", f"agreement:{agreement_id}", reason=reason)
    return tx.add(row)


def find(tx: Tx, agreement_id: int, *, lock: bool = False) -> Agreement:
    """Return an agreement. Raises NotFound `agreement_unknown`."""
    row = tx.get(Agreement, agreement_id, lock=lock)
    if row is None:
        raise NotFound("agreement_unknown")
    return row


def listed(tx: Tx, branch: str | None = None, page: Page = FIRST_PAGE) -> tuple[list[Agreement], int]:
    """Return one page of the agreements of a branch, newest first, and how many there are."""
    chosen = [] if branch is None else [within(col(Agreement.organisation_code), branch)]
    count = tx.first(select(func.count()).select_from(Agreement).where(*chosen)) or 0
    rows = select(Agreement).where(*chosen).order_by(col(Agreement.id).desc())
    return tx.all(rows.offset(page.offset).limit(page.size)), count


def ending(tx: Tx, branch: str | None = None) -> list[Agreement]:
    """Return the agreements of a branch that end within `REMIND`, earliest first."""
    today = local_day(tx.now)
    chosen = [
        col(Agreement.ended_at).is_(None),
        col(Agreement.ends_on) >= today,
        col(Agreement.ends_on) <= today + REMIND,
    ]
    if branch is not None:
        chosen.append(within(col(Agreement.organisation_code), branch))
    return tx.all(select(Agreement).where(*chosen).order_by(col(Agreement.ends_on), col(Agreement.id)))


def partners_of(tx: Tx, campaign_id: int) -> list[Partner]:
    """Return the partners of a campaign whose agreements have not been ended, by name."""
    own = select(Agreement).where(
        Agreement.campaign_id == campaign_id,
        Agreement.kind == AgreementKind.PARTNER,
        col(Agreement.ended_at).is_(None),
    )
    rows = tx.all(own.order_by(col(Agreement.party), col(Agreement.id)))
    return [Partner(row.party, row.number, row.signed_on, row.ends_on, row.assessment) for row in rows]


def owner_name(tx: Tx, agreement: Agreement) -> str:
    """Return the name of the organisation that an agreement belongs to."""
    organisation = tx.get(Organisation, agreement.organisation_code)
    return organisation.name if organisation else agreement.organisation_code


def _faults(new: NewAgreement, today: date) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if new.kind not in tuple(AgreementKind):
        faults["kind"] = fault("not_one_of", options=list(AgreementKind))
    for name, most in MOST.items():
        if refused := text_fault(getattr(new, name), most):
            faults[name] = refused
    for name, most in MAY_BE_EMPTY.items():
        if getattr(new, name) and (refused := text_fault(getattr(new, name), most)):
            faults[name] = refused
    if new.signed_on > today:
        faults["signed_on"] = fault("in_the_future")
    if new.ends_on is not None and new.ends_on < new.signed_on:
        faults["ends_on"] = fault("ends_before_start")
    if new.amount_minor is not None and (refused := amount_fault(new.amount_minor)):
        faults["amount_minor"] = refused
    partner = new.kind == AgreementKind.PARTNER
    if partner and not new.campaign:
        faults["campaign"] = fault("required")
    if not partner and new.campaign:
        faults["campaign"] = fault("only_partners")
    if partner and not new.assessment:
        faults["assessment"] = fault("required")
    return faults
