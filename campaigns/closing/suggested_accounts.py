"""Suggest the account that a difference probably belongs on, by its cause: our default. The operator who signs off
decides."""

from campaigns.closing.bank.bank_differences import BANK
from ledger.chart import AccountKind

ROUNDING_MOST_MINOR = 99  # fen: an amount off by less than a yuan was probably rounded

_BY_CAUSE = {
    "missing_here": AccountKind.FOREIGN_MONEY,
    "late": AccountKind.FOREIGN_MONEY,
    "duplicate": AccountKind.FOREIGN_MONEY,
    "refund": AccountKind.OUTSIDE_REFUNDS,
    "dispute": AccountKind.OUTSIDE_REFUNDS,
    "fee": AccountKind.PROVIDER_CHARGES,
}
_AT_BANK = {"amount": AccountKind.BANK_CHARGES, "fee": AccountKind.BANK_CHARGES}


def suggested_account(provider: str, cause: str, sum_minor: int) -> AccountKind:
    """Return the account that the cause of a difference over `sum_minor` fen suggests; `suspense` if the cause
    cannot be known yet."""
    if provider == BANK:
        return _AT_BANK.get(cause, AccountKind.SUSPENSE)
    if cause == "amount" and abs(sum_minor) <= ROUNDING_MOST_MINOR:
        return AccountKind.ROUNDING
    return _BY_CAUSE.get(cause, AccountKind.SUSPENSE)
