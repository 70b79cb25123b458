"""The file of a sent plan for the bank: a table, and ISO 20022 pain.001.001.09 (customer credit transfer).

It is created from what was stored when the plan was sent, so it is the same each time: the bank refuses a message
or payment whose id it already knows.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from xml.etree import ElementTree

from sqlmodel import col, select

from campaigns.payouts.models import PayeeAccount, PayoutPlan, PlanState, Remittance
from campaigns.payouts.payees import number_of
from campaigns.payouts.plans import campaign_of, find_plan
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.keys import Keys
from kernel.money import CURRENCY

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_OWN_MESSAGE = re.compile(r"BS0*([1-9]\d{0,17})", re.ASCII)
_CLEARING = "CNAPS"  # the ISO external code of China's national payment system


class BankAccount(NamedTuple):
    """An account as the bank needs it."""

    holder: str
    bank: str
    bank_code: str
    number: str


class Payment(NamedTuple):
    """One payment of the file; `amount_minor` in fen."""

    end_to_end_id: str
    payee: BankAccount
    amount_minor: int
    purpose: str


class BankFile(NamedTuple):
    """The order to the bank: its id, when it was sent, the debited account, and the payments."""

    message_id: str
    sent_at: datetime
    payer: BankAccount
    payments: Sequence[Payment]

    @property
    def total_minor(self) -> int:
        return sum(payment.amount_minor for payment in self.payments)


def bank_file(tx: Tx, keys: Keys, plan_id: int) -> BankFile:
    """Return the bank order of a sent plan. Raises NotFound `plan_unknown`, Conflict `plan_state`."""
    plan = find_plan(tx, plan_id)
    if plan.state != PlanState.SENT or plan.sent_at is None:
        raise Conflict("plan_state", state=plan.state)
    payer = tx.get(PayeeAccount, plan.payer_account_id)
    assert payer is not None
    query = (
        select(Remittance, PayeeAccount)
        .join(PayeeAccount, col(PayeeAccount.id) == Remittance.payee_account_id)
        .where(Remittance.plan_id == plan_id)
        .order_by(col(Remittance.id))
    )
    purpose = f"公益项目款 {campaign_of(tx, plan)}"
    payments = [
        Payment(row.end_to_end_id, _account(keys, payee), row.amount_minor, purpose) for row, payee in tx.all(query)
    ]
    return BankFile(_message_id(plan), plan.sent_at, _account(keys, payer), payments)


def _message_id(plan: PayoutPlan) -> str:
    return f"BS{plan.id:06d}"


def plan_of_message(message_id: str) -> int | None:
    """Return the id of the plan whose file has this message id; None if no file can have it."""
    match = _OWN_MESSAGE.fullmatch(message_id)
    return int(match[1]) if match else None


def _account(keys: Keys, payee: PayeeAccount) -> BankAccount:
    return BankAccount(payee.holder, payee.bank, payee.bank_code, number_of(keys, payee))


def rows_of(order: BankFile) -> list[list[object]]:
    """Return the order as a table with one line per payment; amounts in yuan with two decimal places."""
    payer = order.payer
    return [
        [
            number,
            payment.end_to_end_id,
            payer.number,
            payer.holder,
            payment.payee.number,
            payment.payee.holder,
            payment.payee.bank,
            payment.payee.bank_code,
            _yuan(payment.amount_minor),
            CURRENCY,
            payment.purpose,
        ]
        for number, payment in enumerate(order.payments, 1)
    ]


def pain001(order: BankFile) -> bytes:
    """Return the order as a `pain.001.001.09` message: one batch, in which each payment has its own end-to-end
    id."""
    ElementTree.register_namespace("", NAMESPACE)
    document = ElementTree.Element(_name("Document"))
    message = _sub(document, "CstmrCdtTrfInitn")
    header = _sub(message, "GrpHdr")
    _sub(header, "MsgId", order.message_id)
    _sub(header, "CreDtTm", order.sent_at.astimezone(SHANGHAI).isoformat(timespec="seconds"))
    _sub(header, "NbOfTxs", str(len(order.payments)))
    _sub(header, "CtrlSum", _yuan(order.total_minor))
    _sub(_sub(header, "InitgPty"), "Nm", order.payer.holder)
    _batch(message, order)
    ElementTree.indent(document)
    text: bytes = ElementTree.tostring(document, encoding="utf-8", xml_declaration=True)
    return text


def _batch(message: ElementTree.Element, order: BankFile) -> None:
    batch = _sub(message, "PmtInf")
    _sub(batch, "PmtInfId", order.message_id)
    _sub(batch, "PmtMtd", "TRF")
    _sub(batch, "BtchBookg", "false")  # one statement line per payment, so that each can be recognised
    _sub(batch, "NbOfTxs", str(len(order.payments)))
    _sub(batch, "CtrlSum", _yuan(order.total_minor))
    _sub(_sub(batch, "ReqdExctnDt"), "Dt", order.sent_at.astimezone(SHANGHAI).date().isoformat())
    _party(batch, "Dbtr", order.payer)
    _number(batch, "DbtrAcct", order.payer)
    _agent(batch, "DbtrAgt", order.payer)
    for payment in order.payments:
        transfer = _sub(batch, "CdtTrfTxInf")
        _sub(_sub(transfer, "PmtId"), "EndToEndId", payment.end_to_end_id)
        amount = _sub(_sub(transfer, "Amt"), "InstdAmt", _yuan(payment.amount_minor))
        amount.set("Ccy", CURRENCY)
        _agent(transfer, "CdtrAgt", payment.payee)
        _party(transfer, "Cdtr", payment.payee)
        _number(transfer, "CdtrAcct", payment.payee)
        _sub(_sub(transfer, "RmtInf"), "Ustrd", payment.purpose)


def _party(parent: ElementTree.Element, tag: str, account: BankAccount) -> None:
    _sub(_sub(parent, tag), "Nm", account.holder)


def _number(parent: ElementTree.Element, tag: str, account: BankAccount) -> None:
    _sub(_sub(_sub(_sub(parent, tag), "Id"), "Othr"), "Id", account.number)


def _agent(parent: ElementTree.Element, tag: str, account: BankAccount) -> None:
    agent = _sub(_sub(parent, tag), "FinInstnId")
    member = _sub(agent, "ClrSysMmbId")
    _sub(_sub(member, "ClrSysId"), "Cd", _CLEARING)
    _sub(member, "MmbId", account.bank_code)
    _sub(agent, "Nm", account.bank)


def _sub(parent: ElementTree.Element, tag: str, text: str | None = None) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, _name(tag))
    element.text = text
    return element


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _yuan(amount_minor: int) -> str:
    return f"{amount_minor // 100}.{amount_minor % 100:02d}"
