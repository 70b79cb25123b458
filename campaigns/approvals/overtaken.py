"""Whether the subject of a requested act was decided otherwise meanwhile, so that nothing is left to approve."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import select

from campaigns.agreements import pledges
from campaigns.approvals.act import Attempt
from campaigns.approvals.give_back_acts import left_of
from campaigns.approvals.money_acts import MONEY_ACTS
from campaigns.closing.models import CONTRADICTION, Discrepancy
from campaigns.closing.reconciliation.bookings import SIGNED_OFF
from campaigns.closing.reconciliation.sign_off_together import ShownGroup, is_as_shown
from campaigns.donations.models import Donation, PaymentException, RefundRequest
from campaigns.donations.refunds.refund import left_to_refund
from campaigns.donations.refunds.refund_donor import refundable_of_donor
from campaigns.goods.models import Goods, GoodsState
from campaigns.intake.project_codes import is_meant
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.network.models import ApiToken, Manager
from campaigns.network.roles import Role
from campaigns.payouts.models import PayeeAccount, PayeeState, PayoutPlan, PlanState, Remittance, RemittanceState
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from campaigns.screening.models import ScreeningCase
from campaigns.spending.models import Spending, SpendingState
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from matching.models import PotFunding
from payments.models import PartnerSecret
from payments.partners import partners

Check = Callable[[Tx, Attempt], bool]
_OPEN = "open"
_DISPUTED = "dispute_open"  # what is left is known only after the bank's decision
_BEFORE_END = (Phase.DRAFT, Phase.SCHEDULED, Phase.OPEN)


def _left(model: type[Any], *states: str) -> Check:
    """Return whether a row is no longer in one of the states in which it can be decided."""

    def check(tx: Tx, attempt: Attempt) -> bool:
        row = tx.get(model, attempt.subject)
        return row is None or row.state not in states

    return check


def _refunded(tx: Tx, attempt: Attempt) -> bool:
    donation = tx.get(Donation, attempt.subject)
    if donation is None:
        return True
    try:
        return left_to_refund(tx, donation) < (attempt.arguments.get("amount_minor") or 1)
    except Conflict as refusal:
        return refusal.code != _DISPUTED


def _donor_refunded(tx: Tx, attempt: Attempt) -> bool:
    donations = refundable_of_donor(tx, attempt.subject, attempt.arguments.get("branch"))
    return all(donation.refused not in ("", _DISPUTED) for donation in donations)


def _given_back(tx: Tx, attempt: Attempt) -> bool:
    return left_of(tx, attempt.subject) == 0


def _project_corrected(tx: Tx, attempt: Attempt) -> bool:
    donation = tx.get(Donation, attempt.subject)
    return donation is None or donation.project_id == attempt.arguments["project"]


def _rebooked(tx: Tx, attempt: Attempt) -> bool:
    discrepancy = tx.get(Discrepancy, attempt.subject)
    return (
        discrepancy is None
        or discrepancy.state != SIGNED_OFF
        or discrepancy.account == attempt.arguments["account"]
    )


def _group_changed(tx: Tx, attempt: Attempt) -> bool:
    shown = ShownGroup.of({"cause": CONTRADICTION, **attempt.arguments})
    return not is_as_shown(tx, attempt.subject, shown)


def _nothing_at_stake(act: str) -> Check:
    """Return whether the figures of a request are right already."""
    stake = MONEY_ACTS[act].stake
    assert stake is not None
    return lambda tx, attempt: stake(tx, attempt) == 0


def _pledge_ended(tx: Tx, attempt: Attempt) -> bool:
    pledge = pledges.view_of(tx, pledges.find(tx, attempt.subject))
    return pledge.state in (pledges.State.PAID, pledges.State.WAIVED)


def _tranche_gone(tx: Tx, attempt: Attempt) -> bool:
    withdrawn = select(PotFunding).where(PotFunding.tranche_id == attempt.arguments["tranche"])
    return tx.first(withdrawn) is not None


def _campaign_over(tx: Tx, attempt: Attempt) -> bool:
    return find_campaign(tx, attempt.subject).phase not in _BEFORE_END


def _listed(tx: Tx, attempt: Attempt) -> bool:
    return _campaign_over(tx, attempt) or not find_campaign(tx, attempt.subject).withdrawn_reason


def _extended(tx: Tx, attempt: Attempt) -> bool:
    ends_at = datetime.fromisoformat(attempt.arguments["ends_at"])
    return _campaign_over(tx, attempt) or find_campaign(tx, attempt.subject).ends_at >= ends_at


def _is_admin(tx: Tx, attempt: Attempt) -> bool:
    manager = tx.get(Manager, attempt.subject)
    return manager is None or (manager.role, manager.branch_code) == (Role.ADMIN, attempt.arguments["branch"])


def _without_second_factor(tx: Tx, attempt: Attempt) -> bool:
    manager = tx.get(Manager, attempt.subject)
    return manager is None or manager.totp_sealed is None


def _token_decided(tx: Tx, attempt: Attempt) -> bool:
    token = tx.get(ApiToken, attempt.subject)
    return token is None or not token.waits or token.revoked_at is not None


def _not_in_review(tx: Tx, attempt: Attempt) -> bool:
    project = tx.get(Project, attempt.subject)
    return project is None or project.status != Status.REVIEW


def _answered(tx: Tx, attempt: Attempt) -> bool:
    case = tx.get(ScreeningCase, attempt.subject)
    return case is None or case.answered_at is not None


def _is_live(tx: Tx, attempt: Attempt) -> bool:
    return partners.known(tx, attempt.subject).state == "live"


def _secret_decided(tx: Tx, attempt: Attempt) -> bool:
    secret = tx.get(PartnerSecret, attempt.arguments["secret_id"])
    return secret is None or not secret.waits


def _code_mapped(tx: Tx, attempt: Attempt) -> bool:
    return is_meant(tx, attempt.subject, attempt.arguments["code"], attempt.arguments["project"])


OVERTAKEN: Mapping[str, Check] = {
    "donation.refund": _refunded,
    "donation.refund_donor": _donor_refunded,
    "donation.given_back": _given_back,
    "donation.correct_project": _project_corrected,
    "refund_request.accept": _left(RefundRequest, _OPEN),
    "payment.refund": _left(PaymentException, _OPEN),
    "payment.take": _left(PaymentException, _OPEN),
    "payment.attach": _left(PaymentException, _OPEN),
    "discrepancy.sign_off": _left(Discrepancy, _OPEN),
    "discrepancy.take_second": _left(Discrepancy, _OPEN),
    "discrepancy.rebook": _rebooked,
    "discrepancy.reopen": _left(Discrepancy, SIGNED_OFF),
    "discrepancies.sign_off": _group_changed,
    "discrepancies.take_second": _group_changed,
    "fund.correct_deposit": _nothing_at_stake("fund.correct_deposit"),
    "monthly.correct": _nothing_at_stake("monthly.correct"),
    "goods.confirm": _left(Goods, GoodsState.ENTERED),
    "pledge.waive": _pledge_ended,
    "payout.approve": _left(PayoutPlan, PlanState.DRAFT),
    "remittance.paid": _left(Remittance, RemittanceState.SENT),
    "remittance.refused": _left(Remittance, RemittanceState.SENT),
    "remittance.returned": _left(Remittance, RemittanceState.PAID),
    "payee.confirm": _left(PayeeAccount, PayeeState.PROPOSED),
    "spending.check": _left(Spending, SpendingState.ENTERED),
    "pot.withdraw_tranche": _tranche_gone,
    "campaign.cancel": _campaign_over,
    "campaign.restore_listing": _listed,
    "campaign.extend": _extended,
    "person.admin": _is_admin,
    "person.second_factor": _without_second_factor,
    "token.activate": _token_decided,
    "project.approve": _not_in_review,
    "case.release": _left(ScreeningCase, _OPEN),
    "case.cancel": _left(ScreeningCase, _OPEN),
    "case.answer": _answered,
    "partner.live": _is_live,
    "partner.secret": _secret_decided,
    "partner.map_code": _code_mapped,
}
# These move a sum or set a value: they can be performed whatever happened meanwhile.
REPEATABLE = frozenset(
    {
        "donations.given_back",
        "fund.transfer",
        "project.change_purpose",
        "project.use_surplus",
        "pot.reduce",
        "partner.limits",
        "partner.mapping",
    }
)


def is_overtaken(tx: Tx, act: str, attempt: Attempt) -> bool:
    """Return whether the subject of an act was decided otherwise, or no longer exists."""
    check = OVERTAKEN.get(act)
    try:
        return check is not None and check(tx, attempt)
    except NotFound:
        return True
