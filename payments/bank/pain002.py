"""PURE. Read what the bank answers to a payment file: ISO 20022 pain.002 (customer payment status report), any
version.

A report answers a message as a whole, a batch of it, or single payments; the innermost status holds. Elements are
matched by their names in the schema, and a message's and batch's status precede its payments (ISO 20022).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from lxml import etree

from kernel.clock import parse_time
from kernel.errors import Fault, fault
from kernel.tables import Layout, Row, Table
from kernel.text import clean_text, text_fault
from payments.bank.xml_file import (
    MessageReader,
    at,
    children,
    drop,
    elements,
    is_below,
    local_name,
    refused,
    text_at,
)

LAYOUT = Layout("pain.002", ())
MOST_REASON = 200  # characters of the bank's words that are kept
_MESSAGE, _GROUP, _BATCH, _PAYMENT = "CstmrPmtStsRpt", "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"
_OF_OURS = re.compile(r"pain\.001(\.\d+)*", re.ASCII)
_NUMBER = re.compile(r"\d{2,}(\d{4})(?!\d)", re.ASCII)  # of an account or phone: only its last digits are kept
_Element: TypeAlias = etree._Element


class Answer(StrEnum):
    """What the bank says of a payment."""

    PENDING = "pending"  # not decided yet
    ACCEPTED = "accepted"  # it will pay, or has; the statement shows when
    REJECTED = "rejected"  # it will not pay


# The codes of ISO 20022 for a payment (ExternalPaymentTransactionStatus1Code) and for a group of them.
_ANSWERS = {
    **dict.fromkeys(("RCVD", "PDNG", "ACTC", "PATC"), Answer.PENDING),
    **dict.fromkeys(("ACCP", "ACSP", "ACSC", "ACCC", "ACWC", "ACWP", "ACFC"), Answer.ACCEPTED),
    **dict.fromkeys(("RJCT", "CANC"), Answer.REJECTED),
}
_PART = "PART"  # of a group: each payment has its own status


class StatedAnswer(NamedTuple):
    """The bank's answer about a payment of a message, or (without `end_to_end_id`) about all that it does not name.
    `amount_minor` is fen, None if it is not stated."""

    line: int
    place: str
    message_id: str
    end_to_end_id: str
    answer: Answer
    reason: str
    amount_minor: int | None = None


class AnswerFile(NamedTuple):
    """A parsed report: its id and time, the answers in order, and the faults by `line 40.TxInfAndSts[3]/TxSts`."""

    table: Table
    report_id: str
    stated_at: datetime | None
    answers: Sequence[StatedAnswer]
    faults: Mapping[str, Fault]


def read_answers(data: bytes) -> AnswerFile:
    """Read a report. Raises Invalid `import_invalid` if the file is not XML, has a document type or too many
    elements, or is not a payment status report."""
    reader = _Reader()
    for event, element in elements(data):
        if event == "end":
            reader.read(element)
    if not reader.found:
        raise refused(1, fault("no_payment_report"))
    rows = tuple(Row(stated.line, {}) for stated in reader.answers)
    table = Table(LAYOUT, "xml", rows, reader.faults)
    return AnswerFile(table, reader.report_id, reader.stated_at, reader.answers, reader.faults)


class _Reader(MessageReader):
    """Collects the answers of a report and their faults."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[StatedAnswer] = []
        self.found = False
        self.report_id = ""
        self.stated_at: datetime | None = None
        self._message_id = ""
        self._above: Answer | None = None  # the status of the whole message
        self._reason = ""
        self._batch, self._payment = 1, 0
        self._named: set[str] = set()
        self._rest: StatedAnswer | None = None  # about the payments that are not named

    def read(self, element: _Element) -> None:
        """Read an element that is complete, if it is one of the report's parts."""
        match local_name(element):
            case "GrpHdr" if is_below(element, _MESSAGE):
                self._read_header(element)
            case "OrgnlGrpInfAndSts" if is_below(element, _MESSAGE):
                self._read_group(element)
            case "TxInfAndSts" if (batch := element.getparent()) is not None and is_below(batch, _MESSAGE):
                self._read_payment(element, batch)
                drop(element)
            case "OrgnlPmtInfAndSts" if is_below(element, _MESSAGE):
                self._end_batch(element)
                drop(element)
            case "CstmrPmtStsRpt" if self.found:
                self._end(element)

    def _read_header(self, header: _Element) -> None:
        self.report_id = self.required_text(header, "GrpHdr", "MsgId")
        stated = text_at(header, "CreDtTm")
        try:
            self.stated_at = parse_time(stated)
        except ValueError:
            self.refuse(header, "GrpHdr/CreDtTm", fault("not_a_date") if stated else fault("required"))

    def _read_group(self, group: _Element) -> None:
        self.found = True
        if self._message_id:
            self.refuse(group, _GROUP, fault("repeated"))
        self._message_id = self.required_text(group, _GROUP, "OrgnlMsgId")
        name = text_at(group, "OrgnlMsgNmId")
        if not _OF_OURS.fullmatch(name):
            self.refuse(group, f"{_GROUP}/OrgnlMsgNmId", fault("not_one_of", options=["pain.001"]))
        self._above = self._status(group, f"{_GROUP}/GrpSts", "GrpSts", group=True)
        self._reason = _reason(group)

    def _read_payment(self, payment: _Element, batch: _Element) -> None:
        self._payment += 1
        place = f"{_BATCH}[{self._batch}]/{_PAYMENT}[{self._payment}]"
        end_to_end_id = self.required_text(payment, place, "OrgnlEndToEndId")
        of_batch = self._status(batch, f"{_BATCH}[{self._batch}]/PmtInfSts", "PmtInfSts", group=True)
        status = self._status(payment, f"{place}/TxSts", "TxSts") or of_batch or self._above
        if status is None:
            self.refuse(payment, f"{place}/TxSts", fault("required"))
            return
        if end_to_end_id in self._named:
            self.refuse(payment, f"{place}/OrgnlEndToEndId", fault("repeated"))
        if (of_batch or self._above) is Answer.REJECTED and status is not Answer.REJECTED:
            self.refuse(payment, f"{place}/TxSts", fault("not_one_of", options=["RJCT"]))
        self._named.add(end_to_end_id)
        reason = _reason(payment) or _reason(batch) or self._reason
        amount_minor = self._amount(payment, place)
        self.answers.append(self._stated(payment, place, end_to_end_id, status, reason, amount_minor))

    def _end_batch(self, batch: _Element) -> None:
        """End a batch. Its status holds for the payments that are not named: a message of ours has one batch."""
        place = f"{_BATCH}[{self._batch}]"
        if status := self._status(batch, f"{place}/PmtInfSts", "PmtInfSts", group=True):
            self._rest = self._stated(batch, place, "", status, _reason(batch) or self._reason)
        self._batch, self._payment = self._batch + 1, 0

    def _end(self, message: _Element) -> None:
        """End the report. The status of a message holds for the payments that are not named."""
        if not self.report_id and not self.faults:
            self.refuse(message, "GrpHdr/MsgId", fault("required"))
        if self._rest is None and self._above is not None:
            self._rest = self._stated(message, _GROUP, "", self._above, self._reason)
        if self._rest is not None:
            self.answers.append(self._rest)
        elif not self.answers:
            self.refuse(message, _PAYMENT, fault("required"))

    def _stated(
        self,
        element: _Element,
        place: str,
        end_to_end_id: str,
        status: Answer,
        reason: str,
        amount_minor: int | None = None,
    ) -> StatedAnswer:
        line, kept = element.sourceline or 1, reason if status is Answer.REJECTED else ""
        return StatedAnswer(line, place, self._message_id, end_to_end_id, status, kept, amount_minor)

    def _status(self, element: _Element, place: str, name: str, *, group: bool = False) -> Answer | None:
        """Return a status; None if it is absent, or says that each payment has its own."""
        code = text_at(element, name)
        if not code or (group and code == _PART):
            return None
        if code not in _ANSWERS:
            self.refuse(element, place, fault("not_one_of", options=[*_ANSWERS, *([_PART] if group else [])]))
        return _ANSWERS.get(code)

    def _amount(self, payment: _Element, place: str) -> int | None:
        path = "OrgnlTxRef/Amt/InstdAmt"
        amount = at(payment, path)
        return None if amount is None else self.fen(amount, f"{place}/{path}")


def _reason(element: _Element) -> str:
    """Return the bank's reason: its code and words in one line, without numbers of accounts."""
    parts: list[str] = []
    for stated in children(element, "StsRsnInf"):
        parts.append(text_at(stated, "Rsn/Cd", "Rsn/Prtry"))
        parts += [(words.text or "") for words in children(stated, "AddtlInf")]
    text = _NUMBER.sub(r"*\1", clean_text(" ".join(" ".join(parts).split())))[:MOST_REASON].strip()
    return "" if text_fault(text, MOST_REASON) else text
