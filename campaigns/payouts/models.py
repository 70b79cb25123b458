"""The tables of payouts: rules, accounts of payees, allotments, plans and their remittances."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of
from kernel.money import BPS_WHOLE
from ledger.chart import PAID_OUT
from matching.rules import Level

RETURNED_ITEM = "/returned"  # suffix of the end-to-end id: the claim on the bank's line by which money came back
MANAGEMENT_SOURCE = "慈善法 第61条"
_TEXT = {"server_default": text("''")}


class FeesFrom(StrEnum):
    """Who bears the charges of payment providers."""

    HOST = "host"  # our default: every fen of a donation reaches the split
    GIFTS = "gifts"


class PayeeState(StrEnum):
    PROPOSED = "proposed"  # waits for another person to confirm it
    ACTIVE = "active"
    ENDED = "ended"


class PlanState(StrEnum):
    DRAFT = "draft"  # sets no money aside
    APPROVED = "approved"  # its money is set aside, none has left
    SENT = "sent"  # its file for the bank exists
    WITHDRAWN = "withdrawn"


class RemittanceState(StrEnum):
    PLANNED = "planned"
    APPROVED = "approved"
    SENT = "sent"  # the bank was ordered to pay
    PAID = "paid"
    RETURNED = "returned"  # paid, but the money came back; the next plan includes it again
    WITHDRAWN = "withdrawn"  # never paid; the next plan includes its money


class PurposeBasis(StrEnum):
    """The basis of a change of purpose, beside its filing (慈善法 第55条, 第57条)."""

    FILING = "filing"  # the changed plan as filed with the authority
    CONSENT = "consent"  # written consent of the donors
    NOTICE = "notice"  # a public notice without objections


class SurplusWay(StrEnum):
    """What the host's rule does with the surplus of an ended project (慈善法 第58条)."""

    SAME_PURPOSE = "same_purpose"  # another project of the same theme
    SAME_TOWNSHIP = "same_township"  # another project of the same township
    FUND = "fund"  # a fund of the federation (without an organisation), or of the host or one above it


class PayoutRules(SQLModel, table=True):
    """The payout rules for campaigns hosted by an organisation, or by one below it without rules of its own."""

    __tablename__ = "payout_rules"
    __table_args__ = (
        CheckConstraint(one_of("fees_from", FeesFrom), name="payout_rules_fees_from"),
        CheckConstraint(one_of("lowest_payee", Level), name="payout_rules_lowest_payee"),
        CheckConstraint(f"management_most_bps BETWEEN 0 AND {BPS_WHOLE}", name="payout_rules_management"),
        CheckConstraint(one_of("surplus_to", SurplusWay), name="payout_rules_surplus_to"),
        CheckConstraint(f"management_year_most_bps BETWEEN 0 AND {BPS_WHOLE}", name="payout_rules_management_year"),
    )
    organisation_code: str = Field(foreign_key="organisation.code", primary_key=True)
    fees_from: str
    lowest_payee: str
    management_most_bps: int
    surplus_to: str = Field(
        default=SurplusWay.SAME_PURPOSE.value, sa_column_kwargs={"server_default": text("'same_purpose'")}
    )
    # Ceiling of a year's management cost, as a share of that year's spending, and its legal source.
    management_year_most_bps: int = Field(default=1_000, sa_column_kwargs={"server_default": text("1000")})
    management_source: str = Field(
        default=MANAGEMENT_SOURCE, sa_column_kwargs={"server_default": text(f"'{MANAGEMENT_SOURCE}'")}
    )


class SplitRule(SQLModel, table=True):
    """How a project's money is divided among its shares from a time on, in basis points. Append-only."""

    __tablename__ = "split_rule"
    __table_args__ = (
        CheckConstraint(
            f"least(project_bps, township_bps, management_bps) >= 0"
            f" AND project_bps + township_bps + management_bps = {BPS_WHOLE}",
            name="split_rule_whole",
        ),
        Index("split_rule_project", "project_id", "valid_from"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    project_bps: int
    township_bps: int
    management_bps: int
    valid_from: datetime = Field(sa_column=moment())
    reason: str
    actor: str
    created_at: datetime = Field(sa_column=moment())


class Allotment(SQLModel, table=True):
    """What was allotted to the shares of a project in one step, in fen; negative where something was taken back.

    Append-only: the sums over all steps are what the shares got.
    """

    __table_args__ = (
        Index("allotment_once", "campaign_id", "project_id", "number", unique=True),
        CheckConstraint(one_of("fees_from", FeesFrom), name="allotment_fees_from"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    number: int  # counts from 1 per campaign and project
    rule_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="split_rule.id")
    fees_from: str | None = None  # None: of a version that did not store it
    project_minor: int = Field(sa_type=BigInteger)
    township_minor: int = Field(sa_type=BigInteger)
    management_minor: int = Field(sa_type=BigInteger)
    fees_minor: int = Field(sa_type=BigInteger)
    allotted_at: datetime = Field(sa_column=moment())


class PayeeAccount(SQLModel, table=True):
    """The bank account of a payee organisation. `sealed` holds the number, `tail` its last four digits."""

    __tablename__ = "payee_account"
    __table_args__ = (
        CheckConstraint(one_of("state", PayeeState), name="payee_account_state"),
        Index(
            "payee_account_active",
            "organisation_code",
            unique=True,
            postgresql_where=text(f"state = '{PayeeState.ACTIVE}'"),
        ),
        Index("payee_account_organisation", "organisation_code"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    organisation_code: str = Field(foreign_key="organisation.code")
    holder: str
    bank: str
    bank_code: str
    sealed: str
    tail: str
    state: str
    proposed_by: str
    proposed_at: datetime = Field(sa_column=moment())
    confirmed_by: str = Field(default="", sa_column_kwargs=_TEXT)
    confirmed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class PayoutPlan(SQLModel, table=True):
    """What a campaign pays to its payees at one time. A campaign has at most one draft."""

    __tablename__ = "payout_plan"
    __table_args__ = (
        CheckConstraint(one_of("state", PlanState), name="payout_plan_state"),
        CheckConstraint("total_minor > 0", name="payout_plan_total"),
        Index(
            "payout_plan_draft",
            "campaign_id",
            unique=True,
            postgresql_where=text(f"state = '{PlanState.DRAFT}'"),
        ),
        Index("payout_plan_campaign", "campaign_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    state: str
    total_minor: int = Field(sa_type=BigInteger)
    made_by: str
    made_at: datetime = Field(sa_column=moment())
    approved_by: str = Field(default="", sa_column_kwargs=_TEXT)
    approved_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    sent_by: str = Field(default="", sa_column_kwargs=_TEXT)
    sent_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    # The debited account: the host's active account when the plan was sent.
    payer_account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="payee_account.id")
    reason: str = Field(default="", sa_column_kwargs=_TEXT)  # of a withdrawal


class Remittance(SQLModel, table=True):
    """One payment of a plan to one payee.

    - `end_to_end_id`: sent to the bank, and returned on its statement.
    - `payee_account_id`: set when the plan is approved.
    - `reference`: the bank's number of the payment, entered by an operator or read from a statement.
    - `evidence`: where the payment was seen.
    - `returned_on`: the day on which the money came back; None also for returns recorded by versions that did not
      store it.
    """

    __table_args__ = (
        CheckConstraint(one_of("state", RemittanceState), name="remittance_state"),
        CheckConstraint("amount_minor > 0", name="remittance_amount"),
        CheckConstraint(
            f"(paid_on IS NOT NULL) = ({one_of('state', (RemittanceState.PAID, RemittanceState.RETURNED))})",
            name="remittance_paid",
        ),
        Index("remittance_plan", "plan_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    plan_id: int = Field(sa_type=BigInteger, foreign_key="payout_plan.id")
    organisation_code: str = Field(foreign_key="organisation.code")
    payee_account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="payee_account.id")
    end_to_end_id: str = Field(unique=True)
    amount_minor: int = Field(sa_type=BigInteger)
    state: str
    reference: str = Field(default="", sa_column_kwargs=_TEXT)
    evidence: str = Field(default="", sa_column_kwargs=_TEXT)
    paid_on: date | None = None
    returned_on: date | None = None
    reason: str = Field(default="", sa_column_kwargs=_TEXT)  # why it was returned or withdrawn
    actor: str = Field(default="", sa_column_kwargs=_TEXT)
    changed_at: datetime = Field(sa_column=moment())


class RemittancePart(SQLModel, table=True):
    """The part of a remittance that is for one project, from one of its shares. Append-only."""

    __tablename__ = "remittance_part"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="remittance_part_amount"),
        CheckConstraint(one_of("share", PAID_OUT), name="remittance_part_share"),
        Index("remittance_part_once", "remittance_id", "project_id", "share", unique=True),
        Index("remittance_part_project", "project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    remittance_id: int = Field(sa_type=BigInteger, foreign_key="remittance.id")
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    share: str
    amount_minor: int = Field(sa_type=BigInteger)


class PurposeChange(SQLModel, table=True):
    """Money of a project in a campaign that was given another purpose: the reason and the filing. Append-only."""

    __tablename__ = "purpose_change"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="purpose_change_amount"),
        CheckConstraint("from_project_id <> to_project_id", name="purpose_change_projects"),
        CheckConstraint(one_of("share", PAID_OUT), name="purpose_change_share"),
        CheckConstraint("reason <> '' AND filing_no <> ''", name="purpose_change_said"),
        CheckConstraint(one_of("basis", PurposeBasis), name="purpose_change_basis"),
        CheckConstraint("basis = 'filing' OR evidence <> ''", name="purpose_change_evidence"),
        Index("purpose_change_from", "from_project_id"),
        Index("purpose_change_to", "to_project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    from_project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    to_project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    share: str
    amount_minor: int = Field(sa_type=BigInteger)
    filing_no: str
    basis: str = Field(default=PurposeBasis.FILING.value, sa_column_kwargs={"server_default": text("'filing'")})
    evidence: str = Field(default="", sa_column_kwargs=_TEXT)  # where the consents or the notice are
    reason: str
    actor: str
    changed_at: datetime = Field(sa_column=moment())
