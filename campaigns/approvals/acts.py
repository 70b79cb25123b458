"""The table of acts that may need a second person: their subjects, who may perform them, and when one person is not
enough. These are refunds, bookings and reductions above a limit, acts that cannot be undone, and decisions about
one's own work."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns import pots
from campaigns.approvals.act import Act, Attempt
from campaigns.approvals.give_back_acts import GIVE_BACK_ACTS, left_of
from campaigns.approvals.money_acts import MONEY_ACTS
from campaigns.approvals.partner_acts import PARTNER_ACTS
from campaigns.audit import entries_of
from campaigns.closing import cancel, reschedule
from campaigns.closing.correct_project import Agreed, correct_project
from campaigns.closing.models import CONTRADICTION, Discrepancy
from campaigns.closing.reconciliation import discrepancies
from campaigns.closing.reconciliation.bookings import SIGNED_OFF
from campaigns.closing.reconciliation.sign_off_together import ShownGroup, sign_off_together
from campaigns.closing.reconciliation.take_second import take_second, take_second_together
from campaigns.desks import payment_desk, refund_desk
from campaigns.donations.models import Donation, PaymentException, RefundRequest
from campaigns.donations.refunds.refund import request_refund
from campaigns.donations.refunds.refund_donor import refund_donor, refundable_of_donor
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.listing import restore_listing
from campaigns.lifecycle.phases import Phase
from campaigns.network import second_factor
from campaigns.network.accounts import set_role
from campaigns.network.models import Manager
from campaigns.network.people import find_manager
from campaigns.network.roles import Permission, Role
from campaigns.network.tokens import activate_token
from campaigns.projects import transitions
from campaigns.projects.models import Project
from campaigns.projects.related import declaration_of
from campaigns.projects.single_person import names_single_person
from campaigns.screening import appeal, decide
from campaigns.screening.freeze import PROJECT_FROZEN
from campaigns.screening.models import ScreeningCase
from campaigns.screening.open_manually import BY_HAND, OPENED
from kernel.db import Tx
from ledger.chart import AccountKind
from matching.models import PotFunding


def _always(_tx: Tx, _attempt: Attempt) -> None:
    """Always require a second person, because the act is announced to the public or cannot be undone."""
    return


def _of_refund(tx: Tx, attempt: Attempt) -> int:
    amount_minor: int | None = attempt.arguments.get("amount_minor")
    return left_of(tx, attempt.subject) if amount_minor is None else amount_minor


def _of_donor(tx: Tx, attempt: Attempt) -> int:
    branch = attempt.arguments.get("branch")
    return sum(donation.left_minor for donation in refundable_of_donor(tx, attempt.subject, branch))


def _of_request(tx: Tx, attempt: Attempt) -> int:
    request = tx.get(RefundRequest, attempt.subject)
    if request is None or request.state != "open":
        return 0
    return left_of(tx, request.donation_id) if request.amount_minor is None else request.amount_minor


def _of_payment(tx: Tx, attempt: Attempt) -> int:
    exception = tx.get(PaymentException, attempt.subject)
    return exception.amount_minor if exception and exception.state == "open" else 0


def _of_difference(tx: Tx, attempt: Attempt) -> int:
    """Return the sum that would be booked; of two bills the larger one."""
    discrepancy = tx.get(Discrepancy, attempt.subject)
    return discrepancy.stake_minor if discrepancy and discrepancy.state == "open" else 0


def _of_group(_tx: Tx, attempt: Attempt) -> int:
    """Return the sum of the absolute amounts that would be booked."""
    stake_minor: int = attempt.arguments["stake_minor"]
    return stake_minor


def _of_which_group(arguments: Mapping[str, Any]) -> str:
    """Return the provider, cause and day of a group of differences."""
    return " ".join(arguments[name] for name in ("provider", "cause", "day") if name in arguments)


def _of_booking(tx: Tx, attempt: Attempt) -> int:
    """Return the booked sum that would be corrected."""
    discrepancy = tx.get(Discrepancy, attempt.subject)
    return abs(discrepancy.booked_minor) if discrepancy and discrepancy.state == SIGNED_OFF else 0


def _of_tranche(tx: Tx, attempt: Attempt) -> int:
    funding = tx.get(PotFunding, attempt.arguments["tranche"])
    return abs(funding.amount_minor) if funding else 0


def _of_cancelling(tx: Tx, attempt: Attempt) -> int | None:
    """Require a second person for an open campaign, which would refund all of its money. A campaign that has not
    opened has none."""
    return None if find_campaign(tx, attempt.subject).phase == Phase.OPEN else 0


def _of_rights(tx: Tx, attempt: Attempt) -> int | None:
    """Require a second person to appoint an administrator or to change their branch."""
    manager = tx.get(Manager, attempt.subject)
    before = (manager.role, manager.branch_code) if manager else None
    return 0 if before == (Role.ADMIN, attempt.arguments["branch"]) else None


def _of_doubtful(tx: Tx, attempt: Attempt) -> int | None:
    """Require two people for a project with related parties, or one that reads like a plea for one person,
    regardless of who filed it."""
    declared, project = declaration_of(tx, attempt.subject), tx.get(Project, attempt.subject)
    single = project is not None and names_single_person(project.name, project.summary)
    return None if single or (declared is not None and declared.related) else 0


def _who_filed(tx: Tx, attempt: Attempt) -> set[str]:
    entries = entries_of(tx, f"project:{attempt.subject}")
    return {entry.actor for entry in entries if entry.action in ("project.create", "project.submit")}


def _who_held(tx: Tx, attempt: Attempt) -> set[str]:
    """Return who opened a case manually; empty for a case that the screening opened."""
    case = tx.get(ScreeningCase, attempt.subject)
    codes = {signal["code"] for signal in case.signals} if case else set()
    if case is None or not codes & {PROJECT_FROZEN, BY_HAND}:
        return set()
    if BY_HAND in codes:
        entries = entries_of(tx, f"donation:{case.donation_id}")
        return {entry.actor for entry in entries if entry.action == OPENED}
    donation = tx.get(Donation, case.donation_id)
    assert donation is not None
    return {
        entry.actor
        for entry in entries_of(tx, f"campaign:{case.campaign_id}")
        if entry.action == "campaign.hold_match" and entry.detail["project"] == donation.project_id
    }


def _who_held_if_decided(tx: Tx, attempt: Attempt) -> set[str]:
    return _who_held(tx, attempt) if attempt.arguments.get("decision") else set()


def _refund(tx: Tx, attempt: Attempt) -> Any:
    amount_minor = attempt.arguments.get("amount_minor")
    return request_refund(tx, attempt.subject, amount_minor, attempt.reason, attempt.actor)


def _refund_donor(tx: Tx, attempt: Attempt) -> Any:
    return refund_donor(tx, attempt.subject, attempt.reason, attempt.actor, attempt.arguments.get("branch"))


def _take(tx: Tx, attempt: Attempt) -> Any:
    return payment_desk.take(tx, attempt.subject, attempt.reason, attempt.actor, attempt.deps.limits.reservation_s)


def _attach(tx: Tx, attempt: Attempt) -> Any:
    donation_id = UUID(attempt.arguments["donation"])
    reservation_s = attempt.deps.limits.reservation_s
    return payment_desk.attach(tx, attempt.subject, donation_id, attempt.reason, attempt.actor, reservation_s)


def _sign_off(tx: Tx, attempt: Attempt) -> Any:
    return discrepancies.sign_off(tx, attempt.subject, attempt.reason, attempt.actor, _account(attempt))


def _rebook(tx: Tx, attempt: Attempt) -> Any:
    account = attempt.arguments["account"]
    return discrepancies.rebook(tx, attempt.subject, account, attempt.reason, attempt.actor)


def _account(attempt: Attempt) -> str:
    """Return the account to book a difference to. Requests of earlier versions name no account."""
    account: str = attempt.arguments.get("account", AccountKind.SUSPENSE)
    return account


def _sign_off_together(tx: Tx, attempt: Attempt) -> Any:
    shown = ShownGroup.of(attempt.arguments)
    return sign_off_together(tx, attempt.subject, shown, attempt.reason, attempt.actor, _account(attempt))


def _take_second_together(tx: Tx, attempt: Attempt) -> Any:
    shown = ShownGroup.of({**attempt.arguments, "cause": CONTRADICTION})
    return take_second_together(tx, attempt.subject, shown, attempt.reason, attempt.actor)


def _extend(tx: Tx, attempt: Attempt) -> Any:
    ends_at = datetime.fromisoformat(attempt.arguments["ends_at"])
    return reschedule.extend(tx, attempt.subject, ends_at, attempt.reason, attempt.actor)


def _withdraw_tranche(tx: Tx, attempt: Attempt) -> Any:
    return pots.withdraw_tranche(tx, attempt.subject, attempt.arguments["tranche"], attempt.reason, attempt.actor)


def _answer(tx: Tx, attempt: Attempt) -> Any:
    decision = attempt.arguments.get("decision")
    return appeal.answer_appeal(tx, attempt.subject, attempt.reason, attempt.actor, decision)


def _make_admin(tx: Tx, attempt: Attempt) -> None:
    login = find_manager(tx, attempt.subject).login
    set_role(tx, login, Role.ADMIN, attempt.arguments["branch"], attempt.actor)


def _reset_second_factor(tx: Tx, attempt: Attempt) -> None:
    second_factor.reset(tx, attempt.subject, attempt.actor)


def _plain(use_case: Callable[[Tx, Any, str, str], Any]) -> Callable[[Tx, Attempt], Any]:
    """Return an act that calls a use case with subject, reason and actor."""
    return lambda tx, attempt: use_case(tx, attempt.subject, attempt.reason, attempt.actor)


MAKE_ADMIN = "person.admin"
_P = Permission
ACTS: Mapping[str, Act] = {
    **MONEY_ACTS,
    **GIVE_BACK_ACTS,
    "donation.refund": Act(_P.DONATIONS_REFUND, "donation_id", UUID, _refund, _of_refund),
    "donation.refund_donor": Act(_P.DONATIONS_REFUND, "donation_id", UUID, _refund_donor, _of_donor),
    "donation.correct_project": Act(
        _P.DONATIONS_REFUND,
        "donation_id",
        UUID,
        lambda tx, attempt: correct_project(
            tx, attempt.subject, Agreed.of(attempt.arguments), attempt.reason, attempt.actor
        ),
        lambda tx, attempt: left_of(tx, attempt.subject),
    ),
    "refund_request.accept": Act(_P.DONATIONS_REFUND, "request_id", int, _plain(refund_desk.accept), _of_request),
    "payment.refund": Act(
        _P.DONATIONS_REFUND, "exception_id", int, _plain(payment_desk.request_refund), _of_payment
    ),
    "payment.take": Act(_P.RECONCILE, "exception_id", int, _take, _of_payment),
    "payment.attach": Act(_P.RECONCILE, "exception_id", int, _attach, _of_payment),
    "discrepancy.sign_off": Act(_P.RECONCILE, "discrepancy_id", int, _sign_off, _of_difference),
    "discrepancy.rebook": Act(_P.RECONCILE, "discrepancy_id", int, _rebook, _of_booking),
    "discrepancies.sign_off": Act(_P.RECONCILE, "slug", str, _sign_off_together, _of_group, part=_of_which_group),
    "discrepancy.reopen": Act(_P.RECONCILE, "discrepancy_id", int, _plain(discrepancies.reopen), _of_booking),
    "discrepancy.take_second": Act(_P.RECONCILE, "discrepancy_id", int, _plain(take_second), _of_difference),
    "discrepancies.take_second": Act(
        _P.RECONCILE, "slug", str, _take_second_together, _of_group, part=_of_which_group
    ),
    "pot.reduce": Act(
        _P.POTS_WRITE,
        "pot_id",
        int,
        lambda tx, attempt: pots.reduce(tx, attempt.subject, attempt.arguments["amount_minor"], attempt.actor),
        lambda _tx, attempt: attempt.arguments["amount_minor"],
    ),
    "pot.withdraw_tranche": Act(_P.POTS_WRITE, "pot_id", int, _withdraw_tranche, _of_tranche),
    "campaign.cancel": Act(_P.CAMPAIGNS_WRITE, "slug", str, _plain(cancel.cancel), _of_cancelling),
    "campaign.restore_listing": Act(_P.CAMPAIGNS_WRITE, "slug", str, _plain(restore_listing), _always),
    "campaign.extend": Act(_P.CAMPAIGNS_WRITE, "slug", str, _extend, _always),
    MAKE_ADMIN: Act(_P.PEOPLE_WRITE, "user_id", int, _make_admin, _of_rights),
    "person.second_factor": Act(_P.PEOPLE_WRITE, "user_id", int, _reset_second_factor, _always),
    "token.activate": Act(
        _P.PEOPLE_WRITE,
        "token_id",
        int,
        lambda tx, attempt: activate_token(tx, attempt.subject, attempt.actor),
        _always,
    ),
    "project.approve": Act(
        _P.PROJECTS_APPROVE,
        "project_id",
        int,
        lambda tx, attempt: transitions.approve(tx, attempt.subject, attempt.actor),
        _of_doubtful,
        makers=_who_filed,
    ),
    "case.release": Act(_P.SCREEN, "case_id", int, _plain(decide.clear), makers=_who_held),
    "case.cancel": Act(_P.SCREEN, "case_id", int, _plain(decide.cancel), makers=_who_held),
    "case.answer": Act(_P.SCREEN, "case_id", int, _answer, makers=_who_held_if_decided),
    **PARTNER_ACTS,
}
