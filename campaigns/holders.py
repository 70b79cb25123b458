"""Which organisation a resource belongs to: a node of the network, or the federation as a whole."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from campaigns.agreements.models import Agreement, Pledge
from campaigns.approvals.models import Approval
from campaigns.closing.models import Discrepancy
from campaigns.closing.publication.objection_models import Objection
from campaigns.closing.publication.partner_sums_models import PartnerSumsAnswer
from campaigns.donations.donors.person_models import DonorQuestion, PublicWords
from campaigns.donations.models import Donation, PaymentException, RefundRequest
from campaigns.donations.receipts.receipt_models import ReceiptRequest
from campaigns.funds.models import Fund, FundEntry
from campaigns.goods.models import Goods
from campaigns.imports.models import ImportRun
from campaigns.lifecycle.models import Campaign
from campaigns.network.models import AccountLink, ApiToken, Manager, ManagerSession, Organisation
from campaigns.payouts.models import PayeeAccount, PayoutPlan, Remittance
from campaigns.projects.models import Project
from campaigns.screening.models import ScreeningCase, StaffKey
from campaigns.spending.models import Spending
from campaigns.teams.models import Team
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.ids import MOST_ID
from kernel.text import is_storable
from matching.models import Pot
from payments.models import InboxWork


class Holder(NamedTuple):
    """Who holds a resource: the codes from the city down to its node (none: the federation), and its campaign."""

    lineage: tuple[str, ...] = ()
    campaign: str | None = None


FEDERATION = Holder()


class Resource(NamedTuple):
    """A kind of resource: how to find its holder (None: it does not exist), and the code of an unknown one."""

    find: Callable[[Tx, Any], Holder | None]
    unknown: str


def holder_of(tx: Tx, kind: str, key: Any) -> Holder:
    """Return the holder of a resource; `kind` is a key of RESOURCES. Raises NotFound with the code of its kind."""
    resource = RESOURCES[kind]
    storable = 0 < key <= MOST_ID if isinstance(key, int) else isinstance(key, UUID) or is_storable(key)
    holder = resource.find(tx, key) if storable else None
    if holder is None:
        raise NotFound(resource.unknown)
    return holder


def lineage_of(tx: Tx, code: str) -> tuple[str, ...]:
    """Return the codes from the city down to an organisation; none for an unknown one."""
    organisation = tx.get(Organisation, code)
    return tuple(organisation.lineage) if organisation else ()


def _campaign(tx: Tx, condition: ColumnElement[bool]) -> Holder | None:
    query = select(Organisation, Campaign).join(Campaign, col(Campaign.host_code) == Organisation.code)
    for host, campaign in tx.all(query.where(condition)):
        return Holder(tuple(host.lineage), campaign.slug)
    return None


def _of_campaign(tx: Tx, slug: str) -> Holder | None:
    return _campaign(tx, col(Campaign.slug) == slug)


def _by_campaign(model: Any) -> Callable[[Tx, int], Holder | None]:
    """Return a finder for rows of a campaign, which belong to its host."""

    def find(tx: Tx, key: int) -> Holder | None:
        return _campaign(tx, col(Campaign.id).in_(select(model.campaign_id).where(model.id == key)))

    return find


def _of_exception(tx: Tx, exception_id: int) -> Holder | None:
    """A payment exception belongs to the campaign's host, as discrepancies do."""
    own = select(Donation.campaign_id).join(PaymentException, col(PaymentException.donation_id) == Donation.id)
    return _campaign(tx, col(Campaign.id).in_(own.where(PaymentException.id == exception_id)))


def _of_message(tx: Tx, message_id: int) -> Holder | None:
    """A message that was attached to a donation belongs to its campaign's host, every other to the federation."""
    message = tx.get(InboxWork, message_id)
    if message is None or message.donation_id is None:
        return FEDERATION if message else None
    own = select(Donation.campaign_id).where(Donation.id == message.donation_id)
    return _campaign(tx, col(Campaign.id).in_(own)) or FEDERATION


def _of_project(tx: Tx, project_id: int) -> Holder | None:
    project = tx.get(Project, project_id)
    return Holder(tuple(project.lineage)) if project else None


def _of_donation(tx: Tx, donation_id: UUID) -> Holder | None:
    donation = tx.get(Donation, donation_id)
    if donation is None:
        return None
    project, campaign = tx.get(Project, donation.project_id), tx.get(Campaign, donation.campaign_id)
    assert project and campaign
    return Holder(tuple(project.lineage), campaign.slug)


def _by_donation(model: Any) -> Callable[[Tx, int], Holder | None]:
    """Return a finder for rows about a donation, which belong where it does."""

    def find(tx: Tx, key: int) -> Holder | None:
        row = tx.get(model, key)
        return _of_donation(tx, row.donation_id) if row else None

    return find


def _of_case(tx: Tx, case_id: int) -> Holder | None:
    """A case belongs to the gift's project, whose reviewer knows the village."""
    case = tx.get(ScreeningCase, case_id)
    return _of_donation(tx, case.donation_id) if case else None


def _of_import(tx: Tx, run_id: int) -> Holder | None:
    """An import belongs to the branch of whoever submitted the file."""
    run = tx.get(ImportRun, run_id)
    return Holder(lineage_of(tx, run.branch_code or "")) if run else None


def _of_fund(tx: Tx, fund_id: int) -> Holder | None:
    fund = tx.get(Fund, fund_id)
    return Holder(lineage_of(tx, fund.organisation_code or "")) if fund else None


def _of_deposit(tx: Tx, deposit_id: int) -> Holder | None:
    deposit = tx.get(FundEntry, deposit_id)
    return _of_fund(tx, deposit.fund_id) if deposit else None


def _of_remittance(tx: Tx, remittance_id: int) -> Holder | None:
    remittance = tx.get(Remittance, remittance_id)
    return _by_campaign(PayoutPlan)(tx, remittance.plan_id) if remittance else None


def _by_project(model: Any) -> Callable[[Tx, int], Holder | None]:
    """Return a finder for rows of a project, which belong where it does."""

    def find(tx: Tx, key: int) -> Holder | None:
        row = tx.get(model, key)
        return _of_project(tx, row.project_id) if row else None

    return find


def _by_organisation(model: Any) -> Callable[[Tx, int], Holder | None]:
    """Return a finder for rows of an organisation, which belong where it does."""

    def find(tx: Tx, key: int) -> Holder | None:
        row = tx.get(model, key)
        return _of_organisation(tx, row.organisation_code) if row else None

    return find


def _of_pledge(tx: Tx, pledge_id: int) -> Holder | None:
    pledge = tx.get(Pledge, pledge_id)
    return _by_organisation(Agreement)(tx, pledge.agreement_id) if pledge else None


def _of_branch(tx: Tx, code: str | None) -> Holder:
    return Holder(lineage_of(tx, code)) if code else FEDERATION


def _of_account(tx: Tx, manager_id: int) -> Holder | None:
    manager = tx.get(Manager, manager_id)
    return _of_branch(tx, manager.branch_code) if manager else None


def _of_session(tx: Tx, session_id: int) -> Holder | None:
    session = tx.get(ManagerSession, session_id)
    return _of_account(tx, session.manager_id) if session else None


def _of_token(tx: Tx, token_id: int) -> Holder | None:
    token = tx.get(ApiToken, token_id)
    return _of_branch(tx, token.branch_code) if token else None


def _of_invitation(tx: Tx, invitation_id: int) -> Holder | None:
    link = tx.get(AccountLink, invitation_id)
    return _of_branch(tx, link.branch_code) if link else None


def _of_organisation(tx: Tx, code: str) -> Holder | None:
    lineage = lineage_of(tx, code)
    return Holder(lineage) if lineage else None


def _of_approval(tx: Tx, approval_id: int) -> Holder | None:
    """An approval belongs where its act is decided (`campaigns.approval_places`)."""
    approval = tx.get(Approval, approval_id)
    return Holder(tuple(approval.lineage), approval.campaign or None) if approval else None


def _of_federation(_tx: Tx, _key: Any) -> Holder | None:
    """The watch list and partners span all branches; the use case finds the resource itself."""
    return FEDERATION


# By the name of the argument in a route's address. If there are several, the first one here decides.
RESOURCES: Mapping[str, Resource] = {
    "approval_id": Resource(_of_approval, "approval_unknown"),
    "case_id": Resource(_of_case, "case_unknown"),
    "discrepancy_id": Resource(_by_campaign(Discrepancy), "discrepancy_unknown"),
    "exception_id": Resource(_of_exception, "payment_exception_unknown"),
    "message_id": Resource(_of_message, "event_unknown"),
    "staff_id": Resource(_by_organisation(StaffKey), "staff_unknown"),
    "user_id": Resource(_of_account, "manager_unknown"),
    "session_id": Resource(_of_session, "session_unknown"),
    "token_id": Resource(_of_token, "token_unknown"),
    "invitation_id": Resource(_of_invitation, "invitation_unknown"),
    "watch_id": Resource(_of_federation, "watch_unknown"),
    "name": Resource(_of_federation, "partner_unknown"),
    "request_id": Resource(_by_donation(RefundRequest), "refund_request_unknown"),
    "words_id": Resource(_by_donation(PublicWords), "words_unknown"),
    "question_id": Resource(_by_donation(DonorQuestion), "question_unknown"),
    "objection_id": Resource(_by_campaign(Objection), "objection_unknown"),
    "sums_answer_id": Resource(_by_campaign(PartnerSumsAnswer), "sums_answer_unknown"),
    "team_id": Resource(_by_campaign(Team), "team_unknown"),
    "receipt_id": Resource(_by_donation(ReceiptRequest), "receipt_unknown"),
    "donation_id": Resource(_of_donation, "donation_unknown"),
    "pot_id": Resource(_by_campaign(Pot), "pot_unknown"),
    "remittance_id": Resource(_of_remittance, "remittance_unknown"),
    "plan_id": Resource(_by_campaign(PayoutPlan), "plan_unknown"),
    "payee_id": Resource(_by_organisation(PayeeAccount), "payee_unknown"),
    "pledge_id": Resource(_of_pledge, "pledge_unknown"),
    "agreement_id": Resource(_by_organisation(Agreement), "agreement_unknown"),
    "spending_id": Resource(_by_project(Spending), "spending_unknown"),
    "goods_id": Resource(_by_project(Goods), "goods_unknown"),
    "run_id": Resource(_of_import, "import_unknown"),
    "deposit_id": Resource(_of_deposit, "deposit_unknown"),
    "fund_id": Resource(_of_fund, "fund_unknown"),
    "project_id": Resource(_of_project, "project_unknown"),
    "code": Resource(_of_organisation, "organisation_unknown"),
    "slug": Resource(_of_campaign, "campaign_unknown"),
}
