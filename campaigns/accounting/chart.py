"""The chart of accounts (会计科目): the code and name in the accounting rules for each kind of ledger account.

Finance changes it by adding a version. Vouchers keep the codes and names that were in force when they were created.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.accounting.models import ChartVersion
from campaigns.audit import changed, record_audit
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, fault
from kernel.text import text_fault
from ledger.chart import AccountKind

MOST_NAME = 60  # characters
_CODE = re.compile(r"[0-9]{4}(?:[0-9]{2}){0,4}", re.ASCII)


class AccountName(NamedTuple):
    """An account of the accounting rules: a code of four digits, with two more for each level below, and a name."""

    code: str
    name: str


# Our default, after 《民间非营利组织会计制度》 (财会〔2004〕7号): 1002 bank, 1009 other money, 2202 payables,
# 2209 other payables, 4101 donations received (the second level: restricted), 5101 cost of activities, 5301 cost of
# fundraising, 5401 other cost.
DEFAULT: dict[AccountKind, AccountName] = {
    AccountKind.BANK: AccountName("1002", "银行存款"),
    AccountKind.CLEARING: AccountName("1009", "其他货币资金—支付平台"),
    AccountKind.SUSPENSE: AccountName("220909", "其他应付款—待查差异"),
    AccountKind.FOREIGN_MONEY: AccountName("220910", "其他应付款—他人款项"),
    AccountKind.PROVIDER_CHARGES: AccountName("530101", "筹资费用—支付平台另收费用"),
    AccountKind.BANK_CHARGES: AccountName("530102", "筹资费用—银行手续费"),
    AccountKind.FEE_TAXES: AccountName("530103", "筹资费用—手续费税费"),
    AccountKind.OUTSIDE_REFUNDS: AccountName("540101", "其他费用—系统外退款"),
    AccountKind.ROUNDING: AccountName("540102", "其他费用—尾差"),
    AccountKind.WRITE_OFFS: AccountName("540103", "其他费用—无法收回的款项"),
    AccountKind.PAYABLE: AccountName("2202", "应付账款—待银行确认的拨款"),
    AccountKind.SHARE_PROJECT: AccountName("220901", "其他应付款—待拨项目款"),
    AccountKind.SHARE_TOWNSHIP: AccountName("220902", "其他应付款—待拨乡镇统筹款"),
    AccountKind.SHARE_MANAGEMENT: AccountName("220903", "其他应付款—计提管理费"),
    AccountKind.SHARE_FEES: AccountName("220904", "其他应付款—捐款承担的手续费"),
    AccountKind.ALLOTTED: AccountName("5101", "业务活动成本—分配给项目的捐款和配捐"),
    AccountKind.FEES: AccountName("5301", "筹资费用—支付手续费"),
    AccountKind.LOSSES: AccountName("5401", "其他费用—退款损失"),
    AccountKind.DONATIONS: AccountName("410102", "捐赠收入—限定性收入"),
    AccountKind.FUND: AccountName("41010201", "捐赠收入—限定性收入—专项基金"),
    AccountKind.POT_FREE: AccountName("41010202", "捐赠收入—限定性收入—配捐资金未使用"),
    AccountKind.POT_RESERVED: AccountName("41010203", "捐赠收入—限定性收入—配捐资金已预留"),
    AccountKind.POT_HELD: AccountName("41010204", "捐赠收入—限定性收入—配捐资金复核中"),
    AccountKind.POT_CAPTURED: AccountName("41010205", "捐赠收入—限定性收入—配捐资金已配"),
    AccountKind.POT_RELEASED: AccountName("41010206", "捐赠收入—限定性收入—配捐资金可拨付"),
}


class Chart(NamedTuple):
    """The chart in force; `number` is None for our default. It has every kind of ledger account."""

    number: int | None
    accounts: Mapping[AccountKind, AccountName]


def current(tx: Tx) -> Chart:
    """Return the newest version, with our default for kinds of account that it does not have."""
    newest = tx.first(select(ChartVersion).order_by(col(ChartVersion.number).desc()))
    if newest is None:
        return Chart(None, DEFAULT)
    stored = {AccountKind(kind): AccountName(**account) for kind, account in newest.accounts.items()}
    return Chart(newest.number, {**DEFAULT, **stored})


def lock_current(tx: Tx) -> Chart:
    """Return the newest version, and prevent new versions until the transaction ends."""
    tx.run("LOCK TABLE chart_version IN SHARE ROW EXCLUSIVE MODE")
    return current(tx)


def versions(tx: Tx) -> list[ChartVersion]:
    """Return all versions that finance created, newest first."""
    return tx.all(select(ChartVersion).order_by(col(ChartVersion.number).desc()))


def change(tx: Tx, accounts: Mapping[str, AccountName], reason: str, actor: str) -> Chart:
    """Store a new version with these codes and names; other kinds of account keep theirs.

    Raises Invalid `chart_invalid` with every fault, `reason_invalid`, Conflict `chart_unchanged`.
    """
    require_one_line_reason(reason)
    if faults := _faults(accounts):
        raise Invalid("chart_invalid", fields=faults)
    before = lock_current(tx).accounts
    after = {**before, **{AccountKind(kind): account for kind, account in accounts.items()}}
    if after == before:
        raise Conflict("chart_unchanged")
    if taken := _shared_codes(after):
        raise Invalid("chart_invalid", fields={f"accounts.{kind}": fault("taken") for kind in taken})
    stored = {str(kind): account._asdict() for kind, account in after.items()}
    version = tx.add(ChartVersion(accounts=stored, reason=reason, actor=actor, created_at=tx.now))
    trail = changed(*({str(kind): " ".join(account) for kind, account in side.items()} for side in (before, after)))
    record_audit(tx, actor, "accounting.chart", f"chart:{version.number}", reason=reason, **trail)
    return Chart(version.number, after)


def _faults(accounts: Mapping[str, AccountName]) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    for kind, account in accounts.items():
        if kind not in set(AccountKind):
            faults[f"accounts.{kind}"] = fault("not_one_of", options=tuple(AccountKind))
        elif not _CODE.fullmatch(account.code):
            faults[f"accounts.{kind}"] = fault("account_code")
        elif refused := text_fault(account.name, MOST_NAME):
            faults[f"accounts.{kind}"] = refused
    return faults


def _shared_codes(accounts: Mapping[AccountKind, AccountName]) -> list[str]:
    """Return the codes that several kinds share, which a trial balance could not tell apart."""
    seen: dict[str, AccountKind] = {}
    shared = []
    for kind, account in accounts.items():
        if seen.setdefault(account.code, kind) is not kind:
            shared.append(str(kind))
    return shared
