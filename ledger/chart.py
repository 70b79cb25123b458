"""The chart of accounts: which kinds of account exist, and which of them may not fall below zero.

Balances are credits minus debits, in fen. What the federation holds (bank, clearing) is therefore negative, what it
owes to a purpose (funds, pots, projects) is positive, and all accounts of a currency sum to zero. The accounts of
signed-off differences may be on either side. `allotted` is negative: it is the part of a project's income that was
divided among its shares.
"""

from enum import StrEnum
from functools import cache
from typing import NamedTuple

from kernel.money import CURRENCY


class AccountKind(StrEnum):
    BANK = "bank"  # money on the federation's bank account
    CLEARING = "clearing"  # money that a payment provider or partner platform holds for the federation
    FEES = "fees"  # what providers charged for their service
    LOSSES = "losses"  # what donors got back beyond what they had paid: refunded and also lost in a dispute
    SUSPENSE = "suspense"  # signed-off differences to a provider that are not attributed yet
    PROVIDER_CHARGES = "provider_charges"  # ... what it charged beyond the fees of its statements' lines
    BANK_CHARGES = "bank_charges"  # ... what a bank charged on the way
    FEE_TAXES = "fee_taxes"  # ... taxes of fees
    OUTSIDE_REFUNDS = "outside_refunds"  # what donors got back other than by our refunds
    FOREIGN_MONEY = "foreign_money"  # ... money of others, or for others, that passes through our account
    ROUNDING = "rounding"  # ... what rounding left
    WRITE_OFFS = "write_offs"  # ... what a provider owes and will not pay
    FUND = "fund"  # free money of a special fund
    POT_FREE = "pot_free"  # match money that is not reserved for any donation
    POT_RESERVED = "pot_reserved"  # reserved for donations that are not paid yet
    POT_HELD = "pot_held"  # captured, but on hold until a reviewer decides (screening)
    POT_CAPTURED = "pot_captured"  # earned by paid donations
    POT_RELEASED = "pot_released"  # earned, and spendable after the public notice
    DONATIONS = "donations"  # what donors gave to a project in a campaign
    ALLOTTED = "allotted"  # what of a project's gifts and match was divided among its shares: below zero
    SHARE_PROJECT = "share_project"  # to be paid out for the project
    SHARE_TOWNSHIP = "share_township"  # for the pool of its township
    SHARE_MANAGEMENT = "share_management"  # management cost of the host
    SHARE_FEES = "share_fees"  # kept by the host for what providers charged, where gifts bear their fees
    PAYABLE = "payable"  # approved to be paid out, and not confirmed by the bank


# The accounts to which signed-off differences are booked, by their cause.
OF_DIFFERENCES = (
    AccountKind.SUSPENSE,
    AccountKind.PROVIDER_CHARGES,
    AccountKind.BANK_CHARGES,
    AccountKind.FEE_TAXES,
    AccountKind.OUTSIDE_REFUNDS,
    AccountKind.FOREIGN_MONEY,
    AccountKind.ROUNDING,
    AccountKind.WRITE_OFFS,
)
UNBOUNDED = (
    AccountKind.BANK,
    AccountKind.CLEARING,
    AccountKind.FEES,
    AccountKind.LOSSES,
    *OF_DIFFERENCES,
    AccountKind.ALLOTTED,
)

# Accounts by what they belong to. Their columns, and so their CHECK constraints, follow from these.
OF_PROVIDER = (AccountKind.CLEARING, AccountKind.FEES, AccountKind.LOSSES, *OF_DIFFERENCES)
OF_FUND = (AccountKind.FUND,)
SHARES = (
    AccountKind.SHARE_PROJECT,
    AccountKind.SHARE_TOWNSHIP,
    AccountKind.SHARE_MANAGEMENT,
    AccountKind.SHARE_FEES,
)
PAID_OUT = SHARES[:2]  # shares that leave the host
OF_CAMPAIGN = (AccountKind.DONATIONS, AccountKind.ALLOTTED, *SHARES, AccountKind.PAYABLE)
OF_POT = tuple(kind for kind in AccountKind if kind.startswith("pot_"))
OF_PROJECT = tuple(kind for kind in (*OF_POT, *OF_CAMPAIGN) if kind is not AccountKind.POT_FREE)

MATCHED = tuple(kind for kind in OF_POT if kind is not AccountKind.POT_FREE)  # given to donations, in any state
EARNED = (AccountKind.POT_CAPTURED, AccountKind.POT_RELEASED)  # counted as match in totals


class Account(NamedTuple):
    """An account: its kind, and the fund, pot, campaign, project or provider that it belongs to."""

    kind: AccountKind
    fund_id: int | None = None
    pot_id: int | None = None
    campaign_id: int | None = None
    project_id: int | None = None
    provider: str | None = None
    currency: str = CURRENCY

    @property
    def name(self) -> str:
        """The unique name, as the generated column `ledger_account.name` has it. Never taken apart."""
        return "/".join("" if part is None else str(part) for part in self)

    @property
    def floor_minor(self) -> int | None:
        """The least balance in fen: zero for what is owed to a purpose, None for what may be on either side."""
        return None if self.kind in UNBOUNDED else 0


# Every donation names four accounts: each `Account` is created once.


@cache
def bank(currency: str = CURRENCY) -> Account:
    return Account(AccountKind.BANK, currency=currency)


@cache
def clearing(provider: str, currency: str = CURRENCY) -> Account:
    return Account(AccountKind.CLEARING, provider=provider, currency=currency)


@cache
def fees(provider: str, currency: str = CURRENCY) -> Account:
    return Account(AccountKind.FEES, provider=provider, currency=currency)


@cache
def losses(provider: str, currency: str = CURRENCY) -> Account:
    return Account(AccountKind.LOSSES, provider=provider, currency=currency)


@cache
def of_difference(kind: AccountKind, provider: str, currency: str = CURRENCY) -> Account:
    assert kind in OF_DIFFERENCES, kind
    return Account(kind, provider=provider, currency=currency)


@cache
def fund(fund_id: int) -> Account:
    return Account(AccountKind.FUND, fund_id=fund_id)


@cache
def pot_free(pot_id: int) -> Account:
    return Account(AccountKind.POT_FREE, pot_id=pot_id)


@cache
def pot_reserved(pot_id: int, project_id: int) -> Account:
    return Account(AccountKind.POT_RESERVED, pot_id=pot_id, project_id=project_id)


@cache
def pot_captured(pot_id: int, project_id: int) -> Account:
    return Account(AccountKind.POT_CAPTURED, pot_id=pot_id, project_id=project_id)


@cache
def pot_held(pot_id: int, project_id: int) -> Account:
    return Account(AccountKind.POT_HELD, pot_id=pot_id, project_id=project_id)


@cache
def pot_released(pot_id: int, project_id: int) -> Account:
    return Account(AccountKind.POT_RELEASED, pot_id=pot_id, project_id=project_id)


@cache
def donations(campaign_id: int, project_id: int, currency: str = CURRENCY) -> Account:
    return Account(AccountKind.DONATIONS, campaign_id=campaign_id, project_id=project_id, currency=currency)


@cache
def allotted(campaign_id: int, project_id: int) -> Account:
    return Account(AccountKind.ALLOTTED, campaign_id=campaign_id, project_id=project_id)


@cache
def share(kind: AccountKind, campaign_id: int, project_id: int) -> Account:
    assert kind in SHARES, kind
    return Account(kind, campaign_id=campaign_id, project_id=project_id)


@cache
def payable(campaign_id: int, project_id: int) -> Account:
    return Account(AccountKind.PAYABLE, campaign_id=campaign_id, project_id=project_id)
