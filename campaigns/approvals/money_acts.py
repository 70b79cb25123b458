"""The acts on funds and payouts that may need a second person."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from campaigns.agreements.pledges import waive
from campaigns.approvals.act import Act, Attempt
from campaigns.audit import entries_of
from campaigns.funds import deposits
from campaigns.funds.transfers import move
from campaigns.goods import goods
from campaigns.monthly import corrections
from campaigns.monthly.corrections import RightFigure
from campaigns.network.roles import Permission
from campaigns.payouts import payees, plans, remittances
from campaigns.payouts.models import PayeeAccount, PayoutPlan, PlanState, Remittance, RemittanceState
from campaigns.payouts.purpose import NewPurpose, change_purpose
from campaigns.payouts.surplus import NewUse, use_surplus
from campaigns.spending import vouchers
from kernel.clock import local_day
from kernel.db import Tx

_P = Permission


def _always(_tx: Tx, _attempt: Attempt) -> None:
    """Always require a second person, because the act is announced to the public or cannot be undone."""
    return


def _of_correction(tx: Tx, attempt: Attempt) -> int:
    """Return the sum by which the books would change."""
    amount_minor: int = attempt.arguments["amount_minor"]
    return abs(amount_minor - deposits.amount_now(tx, attempt.subject))


def _of_plan(tx: Tx, attempt: Attempt) -> int:
    plan = tx.get(PayoutPlan, attempt.subject)
    return plan.total_minor if plan and plan.state == PlanState.DRAFT else 0


def _of_remittance(state: RemittanceState) -> Callable[[Tx, Attempt], int]:
    """Return the stake of marking a remittance in this state manually: money reported as arrived, or to be paid
    again by the next plan."""

    def stake(tx: Tx, attempt: Attempt) -> int:
        row = tx.get(Remittance, attempt.subject)
        return row.amount_minor if row and row.state == state else 0

    return stake


def _mark_paid(tx: Tx, attempt: Attempt) -> Any:
    reference, paid_on, evidence = (attempt.arguments[name] for name in ("reference", "paid_on", "evidence"))
    day = date.fromisoformat(paid_on)
    return remittances.mark_paid(tx, attempt.subject, reference, day, evidence, attempt.actor)


def _refuse_remittance(tx: Tx, attempt: Attempt) -> Any:
    return remittances.refuse(tx, attempt.subject, attempt.reason, attempt.actor)


def _mark_returned(tx: Tx, attempt: Attempt) -> Any:
    stated = attempt.arguments.get("returned_on")  # requests of earlier versions state no day
    day = date.fromisoformat(stated) if stated else local_day(tx.now)
    return remittances.mark_returned(tx, attempt.subject, day, attempt.reason, attempt.actor)


def _who_proposed(tx: Tx, attempt: Attempt) -> set[str]:
    payee = tx.get(PayeeAccount, attempt.subject)
    return {payee.proposed_by} if payee else set()


def _who_spent(tx: Tx, attempt: Attempt) -> set[str]:
    """Return everyone who entered or corrected a spending, because it is the work of each of them."""
    entries = entries_of(tx, f"spending:{attempt.subject}")
    return {entry.actor for entry in entries if entry.action in ("spending.enter", "spending.correct")}


def _who_entered_goods(tx: Tx, attempt: Attempt) -> set[str]:
    """Return everyone who entered or corrected goods, because their value is the work of each of them."""
    entries = entries_of(tx, f"goods:{attempt.subject}")
    return {entry.actor for entry in entries if entry.action in ("goods.enter", "goods.correct")}


def _confirm_goods(tx: Tx, attempt: Attempt) -> Any:
    return goods.confirm(tx, attempt.subject, attempt.actor)


def _correct_deposit(tx: Tx, attempt: Attempt) -> Any:
    amount_minor = attempt.arguments["amount_minor"]
    return deposits.correct_deposit(tx, attempt.subject, amount_minor, attempt.reason, attempt.actor)


def _approve_plan(tx: Tx, attempt: Attempt) -> Any:
    apart = attempt.deps.second_person.needed
    return plans.approve(tx, attempt.subject, attempt.actor, apart=apart)


def _change_purpose(tx: Tx, attempt: Attempt) -> Any:
    new = NewPurpose(**attempt.arguments)
    return change_purpose(tx, attempt.subject, new, attempt.reason, attempt.actor)


def _use_surplus(tx: Tx, attempt: Attempt) -> Any:
    return use_surplus(tx, attempt.subject, NewUse(**attempt.arguments), attempt.reason, attempt.actor)


def _check_spending(tx: Tx, attempt: Attempt) -> Any:
    return vouchers.check(tx, attempt.subject, attempt.actor)


def _confirm_payee(tx: Tx, attempt: Attempt) -> Any:
    return payees.confirm(tx, attempt.subject, attempt.actor)


def _move_fund(tx: Tx, attempt: Attempt) -> Any:
    to_fund, amount_minor = (attempt.arguments[name] for name in ("to_fund", "amount_minor"))
    return move(tx, attempt.subject, to_fund, amount_minor, attempt.reason, attempt.actor)


def _figures(arguments: Mapping[str, Any]) -> list[RightFigure]:
    """Return the figures of a request. A form has only one figure, with its amount in a separate field."""
    figures = arguments["figures"]
    return [RightFigure(**{"amount_minor": arguments.get("amount_minor"), **figure}) for figure in figures]


def _correct_statement(tx: Tx, attempt: Attempt) -> Any:
    month, figures = attempt.arguments["month"], _figures(attempt.arguments)
    return corrections.correct(tx, attempt.subject, month, attempt.reason, attempt.actor, figures)


def _of_statement(tx: Tx, attempt: Attempt) -> int:
    return corrections.stake_of(tx, attempt.subject, attempt.arguments["month"], _figures(attempt.arguments))


def _of_which_month(arguments: Mapping[str, Any]) -> str:
    month: str = arguments["month"]
    return month


def _waive_pledge(tx: Tx, attempt: Attempt) -> Any:
    return waive(tx, attempt.subject, attempt.reason, attempt.actor)


MONEY_ACTS: Mapping[str, Act] = {
    "fund.correct_deposit": Act(_P.FUNDS_WRITE, "deposit_id", int, _correct_deposit, _of_correction),
    "fund.transfer": Act(_P.FUNDS_WRITE, "fund_id", int, _move_fund, _always),
    "goods.confirm": Act(_P.FUNDS_WRITE, "goods_id", int, _confirm_goods, makers=_who_entered_goods),
    "monthly.correct": Act(_P.FUNDS_WRITE, "code", str, _correct_statement, _of_statement, part=_of_which_month),
    "pledge.waive": Act(_P.FUNDS_WRITE, "pledge_id", int, _waive_pledge, _always),
    "payout.approve": Act(_P.FUNDS_WRITE, "plan_id", int, _approve_plan, _of_plan),
    "remittance.paid": Act(_P.FUNDS_WRITE, "remittance_id", int, _mark_paid, _of_remittance(RemittanceState.SENT)),
    "remittance.refused": Act(
        _P.FUNDS_WRITE, "remittance_id", int, _refuse_remittance, _of_remittance(RemittanceState.SENT)
    ),
    "remittance.returned": Act(
        _P.FUNDS_WRITE, "remittance_id", int, _mark_returned, _of_remittance(RemittanceState.PAID)
    ),
    "payee.confirm": Act(_P.FUNDS_WRITE, "payee_id", int, _confirm_payee, makers=_who_proposed),
    "spending.check": Act(_P.FUNDS_WRITE, "spending_id", int, _check_spending, makers=_who_spent),
    "project.change_purpose": Act(_P.FUNDS_WRITE, "project_id", int, _change_purpose, _always),
    "project.use_surplus": Act(_P.FUNDS_WRITE, "project_id", int, _use_surplus, _always),
}
