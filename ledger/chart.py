"""The chart of accounts: every kind of account that there is, and which of them may not fall below zero.

Balances are credits minus debits, in fen. What the federation holds (bank, clearing) is therefore negative,
what it owes to a purpose (funds, pots, projects) is positive, and all accounts of a currency sum to zero.
"""

from enum import StrEnum
from functools import cache
from typing import NamedTuple

from kernel.money import CURRENCY


class Kind(StrEnum):
    BANK = "bank"  # money on the federation's bank account
    CLEARING = "clearing"  # money that a payment provider or partner platform holds for us
    FEES = "fees"  # what providers kept for their service
    FUND = "fund"  # free money of a special fund
    POT_FREE = "pot_free"  # match money that nobody has claimed
    POT_RESERVED = "pot_reserved"  # held for donors who are paying
    POT_HELD = "pot_held"  # earned, but a person must decide first (screening)
    POT_CAPTURED = "pot_captured"  # earned by paid donations
    POT_RELEASED = "pot_released"  # earned, and spendable after the public notice
    DONATIONS = "donations"  # what donors gave to a project in a campaign


_ASSETS = {Kind.BANK, Kind.CLEARING, Kind.FEES}


class Account(NamedTuple):
    """The name of an account: kind, whose it is, and for what."""

    kind: Kind
    owner: str
    purpose: str = ""
    currency: str = CURRENCY

    @property
    def floor_minor(self) -> int | None:
        """Zero for everything we owe to a purpose; none for what we hold outside."""
        return None if self.kind in _ASSETS else 0


# Every donation names four accounts: each name is made once.


@cache
def bank(currency: str = CURRENCY) -> Account:
    return Account(Kind.BANK, "federation", "", currency)


@cache
def clearing(provider: str, currency: str = CURRENCY) -> Account:
    return Account(Kind.CLEARING, provider, "", currency)


@cache
def fees(provider: str, currency: str = CURRENCY) -> Account:
    return Account(Kind.FEES, provider, "", currency)


@cache
def fund(fund_id: int) -> Account:
    return Account(Kind.FUND, f"fund:{fund_id}")


@cache
def pot_free(pot_id: int) -> Account:
    return Account(Kind.POT_FREE, f"pot:{pot_id}")


@cache
def pot_reserved(pot_id: int, project_id: int) -> Account:
    return Account(Kind.POT_RESERVED, f"pot:{pot_id}", f"project:{project_id}")


@cache
def pot_captured(pot_id: int, project_id: int) -> Account:
    return Account(Kind.POT_CAPTURED, f"pot:{pot_id}", f"project:{project_id}")


@cache
def pot_held(pot_id: int, project_id: int) -> Account:
    return Account(Kind.POT_HELD, f"pot:{pot_id}", f"project:{project_id}")


@cache
def pot_released(pot_id: int, project_id: int) -> Account:
    return Account(Kind.POT_RELEASED, f"pot:{pot_id}", f"project:{project_id}")


@cache
def donations(campaign_id: int, project_id: int, currency: str = CURRENCY) -> Account:
    return Account(Kind.DONATIONS, f"campaign:{campaign_id}", f"project:{project_id}", currency)
