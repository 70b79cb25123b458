"""What numbered subjects of acts are, for the people who decide them: whose they are, for whom, and how much."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from campaigns.agreements.models import Agreement, Pledge
from campaigns.closing.models import Discrepancy
from campaigns.donations.donation_number import short_number_of
from campaigns.donations.models import Donation, PaymentException, RefundRequest
from campaigns.funds.models import Fund, FundEntry
from campaigns.goods.models import Goods
from campaigns.lifecycle.models import Campaign
from campaigns.network.models import Organisation
from campaigns.payouts.models import PayeeAccount, PayoutPlan, Remittance
from campaigns.projects.models import Project
from campaigns.screening.models import ScreeningCase
from campaigns.spending.models import Spending
from kernel.db import Tx
from kernel.money import yuan

_MOST_PAYEES = 3
_DOT = " · "


def subject_lines(tx: Tx, subjects: Iterable[str]) -> dict[str, str]:
    """Return subject (`remittance:7`) -> line of facts, with one query per kind."""
    keys: dict[str, set[str]] = {}
    for subject in set(subjects):
        kind, _colon, key = subject.partition(":")
        if kind in _LINES:
            keys.setdefault(kind, set()).add(key)
    return {f"{kind}:{key}": line for kind, named in keys.items() for key, line in _LINES[kind](tx, named).items()}


def _plans(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    """Name the campaign of each plan and its payees, those that get most first."""
    rows = tx.all(
        select(Remittance.plan_id, Campaign.name, Organisation.name, Remittance.amount_minor)
        .join(PayoutPlan, col(PayoutPlan.id) == Remittance.plan_id)
        .join(Campaign, col(Campaign.id) == PayoutPlan.campaign_id)
        .join(Organisation, col(Organisation.code) == Remittance.organisation_code)
        .where(col(Remittance.plan_id).in_(_ids(keys)))
        .order_by(col(Remittance.amount_minor).desc(), col(Remittance.id))
    )
    payees: dict[int, list[str]] = {}
    for plan_id, _campaign, payee, amount_minor in rows:
        payees.setdefault(plan_id, []).append(f"{payee} {_sum(amount_minor)}")
    campaigns = {plan_id: campaign for plan_id, campaign, _payee, _amount in rows}
    return {
        plan_id: _DOT.join([campaigns[plan_id], *shown[:_MOST_PAYEES], *_more(len(shown) - _MOST_PAYEES)])
        for plan_id, shown in payees.items()
    }


def _more(count: int) -> list[str]:
    return [f"… +{count}"] if count > 0 else []


def _remittances(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    rows = tx.all(
        select(Remittance.id, Organisation.name, PayeeAccount.tail, Campaign.name)
        .join(PayoutPlan, col(PayoutPlan.id) == Remittance.plan_id)
        .join(Campaign, col(Campaign.id) == PayoutPlan.campaign_id)
        .join(Organisation, col(Organisation.code) == Remittance.organisation_code)
        .outerjoin(PayeeAccount, col(PayeeAccount.id) == Remittance.payee_account_id)
        .where(col(Remittance.id).in_(_ids(keys)))
    )
    return {id_: _joined(payee, _account(tail), campaign) for id_, payee, tail, campaign in rows}


def _payees(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    rows = tx.all(
        select(PayeeAccount, Organisation.name)
        .join(Organisation, col(Organisation.code) == PayeeAccount.organisation_code)
        .where(col(PayeeAccount.id).in_(_ids(keys)))
    )
    return {row.id: _joined(payee, row.holder, row.bank, _account(row.tail)) for row, payee in rows}


def _spendings(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    rows = tx.all(
        select(Spending, Project.name)
        .join(Project, col(Project.id) == Spending.project_id)
        .where(col(Spending.id).in_(_ids(keys)))
    )
    return {row.id: _joined(project, row.purpose, _sum(row.amount_minor)) for row, project in rows}


def _goods(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    rows = tx.all(
        select(Goods, Project.name)
        .join(Project, col(Project.id) == Goods.project_id)
        .where(col(Goods.id).in_(_ids(keys)))
    )
    return {
        row.id: _joined(project, f"{row.name} {row.quantity} {row.unit}", _sum(row.value_minor))
        for row, project in rows
    }


def _pledges(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    rows = tx.all(
        select(Pledge, Agreement.party)
        .join(Agreement, col(Agreement.id) == Pledge.agreement_id)
        .where(col(Pledge.id).in_(_ids(keys)))
    )
    return {row.id: _joined(party, str(row.due_on), _sum(row.amount_minor)) for row, party in rows}


def _deposits(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    rows = tx.all(
        select(FundEntry.id, Fund.name, FundEntry.reference)
        .join(Fund, col(Fund.id) == FundEntry.fund_id)
        .where(col(FundEntry.id).in_(_ids(keys)))
    )
    return {id_: _joined(fund, reference) for id_, fund, reference in rows}


def _donations(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    rows = tx.all(
        select(Donation.id, Project.name)
        .join(Project, col(Project.id) == Donation.project_id)
        .where(col(Donation.id).in_([UUID(key) for key in keys]))
    )
    return {id_: _joined(short_number_of(id_), project) for id_, project in rows}


def _differences(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    """Name the line of each difference, and the event whose books it is compared with."""
    rows = tx.all(
        select(Discrepancy.id, Discrepancy.reference, Campaign.name)
        .outerjoin(Campaign, col(Campaign.id) == Discrepancy.campaign_id)
        .where(col(Discrepancy.id).in_(_ids(keys)))
    )
    return {id_: _joined(reference, campaign or "") for id_, reference, campaign in rows}


def _sources(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
    """Return whose statement each difference is of."""
    rows = tx.all(select(Discrepancy.id, Discrepancy.provider).where(col(Discrepancy.id).in_(_ids(keys))))
    return dict(rows)


def _of_donation(table: Any) -> Callable[[Tx, Collection[str]], dict[Any, str]]:
    """Return the function for rows of `table`, each about one donation."""

    def lines(tx: Tx, keys: Collection[str]) -> dict[Any, str]:
        rows = tx.all(
            select(table.id, Donation.id, Project.name)
            .join(Donation, col(Donation.id) == table.donation_id)
            .join(Project, col(Project.id) == Donation.project_id)
            .where(col(table.id).in_(_ids(keys)))
        )
        return {id_: _joined(short_number_of(donation_id), project) for id_, donation_id, project in rows}

    return lines


def _ids(keys: Collection[str]) -> list[int]:
    return [int(key) for key in keys]


def _sum(amount_minor: int) -> str:
    return f"¥{yuan(amount_minor)}"


def _account(tail: str | None) -> str:
    return f"…{tail}" if tail else ""


def _joined(*facts: str) -> str:
    return _DOT.join(filter(None, facts))


_LINES: Mapping[str, Callable[[Tx, Collection[str]], dict[Any, str]]] = {
    "plan": _plans,
    "remittance": _remittances,
    "payee": _payees,
    "spending": _spendings,
    "goods": _goods,
    "pledge": _pledges,
    "deposit": _deposits,
    "donation": _donations,
    "refund_request": _of_donation(RefundRequest),
    "case": _of_donation(ScreeningCase),
    "payment_exception": _of_donation(PaymentException),
    "discrepancy": _differences,
    "source": _sources,
}
