"""PURE. Read bank statements as Chinese banks export them: with one column per side (借方, 贷方), or with one
column of amounts that has a sign or a marker column.

Names and accounts of the other party are not read. If a bank does not number its lines, the id of a line is derived
from its contents.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date

from kernel.clock import local_day
from kernel.errors import Fault, fault
from kernel.human_input import Unreadable, read_amount, read_moment
from kernel.ids import fingerprint
from kernel.money import CURRENCY, MAX_MINOR
from kernel.tables import Column, Layout, Row, Table, Track, read_table
from kernel.text import is_storable
from payments.bank.bank_csv_checks import BalanceAfter, balance_after, balance_gaps, totals_refused
from payments.bank.bank_lines import MOST_TEXT, BankFile, StatedLine, reference_in

_COMMON = (
    Column("booked_on", ("booked_on", "记账日期", "入账日期", "交易日期", "交易时间", "记账时间"), exact=True),
    Column("valued_on", ("valued_on", "起息日", "起息日期"), required=False, exact=True),
    Column("balance", ("balance", "余额", "账户余额", "交易后余额", "本次余额"), required=False),
    Column(
        "line_id",
        ("line_id", "交易流水号", "流水号", "核心流水号", "银行流水号", "凭证号", "记账流水号"),
        required=False,
        exact=True,
    ),
    Column("reference", ("reference", "客户业务编号", "业务编号", "附言", "用途"), required=False),
    Column("account", ("account", "账号", "本方账号", "账户账号", "卡号"), required=False, exact=True),
    Column("statement", ("statement", "对账单编号", "对账单号"), required=False, exact=True),
    Column("currency", ("currency", "币种", "货币"), required=False),
    Column("text", ("text", "摘要", "交易摘要", "备注"), required=False),
    Column("state", ("state", "状态", "交易状态", "记账状态"), required=False),
    Column("payments", ("payments", "笔数"), required=False),
)
_NOT_ROWS = ("期初余额", "期末余额", "承前页", "过次页", "上期余额", "打印时间", "导出时间")
TWO_SIDES = Layout(
    "bank_two_sides",
    (
        Column("debit", ("debit", "借方发生额", "借方金额", "借方", "支出金额", "支出")),
        Column("credit", ("credit", "贷方发生额", "贷方金额", "贷方", "收入金额", "收入")),
        *_COMMON,
    ),
    not_rows=_NOT_ROWS,
)
SIGNED = Layout(
    "bank_signed",
    (
        Column("amount", ("amount", "交易金额", "发生额", "金额", "收支金额")),
        Column("side", ("side", "借贷标志", "借贷方向", "借贷", "收支", "收支标志"), required=False),
        *_COMMON,
    ),
    not_rows=_NOT_ROWS,
)
LAYOUTS = (TWO_SIDES, SIGNED)
# A bank's debit is money that leaves the account.
_OUT = ("借", "借方", "支", "支出", "d", "dr", "dbit", "-")
_IN = ("贷", "贷方", "收", "收入", "c", "cr", "crdt", "+", "")
_SIDES = dict.fromkeys(_OUT, -1) | dict.fromkeys(_IN, 1)
_PENDING = ("处理中", "未入账", "未记账", "待入账", "在途", "冻结", "pending", "pdng")
_CURRENCIES = ("", CURRENCY, "RMB", "人民币", "人民币元", "156", "01")
_TAKEN_BACK = re.compile("冲正|冲销|退回|红字|撤销|reversal", re.IGNORECASE)
_FEE = re.compile("手续费|工本费|账户管理费|服务费|fee", re.IGNORECASE)
# `账号：6222 0000`, `Account No.: 6222 0000`, or label and number in two cells. A name (账户名称) is no account.
_ACCOUNT = re.compile(
    r"(?:账[户号]*(?:账号)?|卡号|\baccount(?:\s(?:no\.?|number|id))?)\s*[:：\t]\s*"
    r"(?=[A-Za-z -]*\d)([0-9A-Za-z][0-9A-Za-z -]{4,})",
    re.IGNORECASE | re.ASCII,
)
_COMPACT_DAY = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:\d{6}|\D.*)?$", re.ASCII)  # a time of day may follow
_BLANK = ("", "-", "--")


def read_bank_csv(data: bytes, track: Track = iter) -> BankFile:
    """Read a file in one of the two layouts. `faults` name line and column: `line 3.credit`. Totals that differ
    from the lines are faults, balances that do not follow each other are `doubts`.

    Raises Invalid `import_invalid` if the file is not a table.
    """
    table = read_table(data, LAYOUTS)
    reader = _Reader(table)
    for row in track(table.rows):
        reader.read(row)
    faults = {**reader.faults, **table.faults}
    if not faults and not reader.pending:
        faults = totals_refused(table)
    return BankFile(table, reader.lines, faults, reader.pending, balance_gaps(reader.balances))


class _Reader:
    """Collects the lines of a file and their faults."""

    def __init__(self, table: Table) -> None:
        self.lines: list[tuple[int, StatedLine]] = []
        self.faults: dict[str, Fault] = {}
        self.pending: list[int] = []
        self.balances: list[BalanceAfter] = []
        self._account = _account_above(table)
        self._seen: Counter[str] = Counter()

    def read(self, row: Row) -> None:
        if row.cells.get("state", "").lower() in _PENDING:
            self.pending.append(row.line)
            return
        cells = _Cells(row.cells)
        amount_minor = cells.amount()
        booked_on = cells.day("booked_on")
        account = cells.name("account") or self._account
        if not account:
            cells.faults["account"] = fault("account_missing")
        line_id, reference = cells.name("line_id"), cells.text("reference")
        statement, text = cells.name("statement"), cells.text("text")
        valued_on = cells.day("valued_on") if row.cells.get("valued_on") else booked_on
        payments = cells.number("payments")
        if cells.faults or booked_on is None or valued_on is None:
            self.faults |= {f"line {row.line}.{column}": why for column, why in cells.faults.items()}
            return
        if not amount_minor:
            return  # no money moved: a waived fee, interest of 0.00
        self.balances.append(balance_after(row, account, amount_minor))
        reversal = bool(_TAKEN_BACK.search(text)) or cells.red
        line = StatedLine(
            account=account,
            statement=statement,
            line_id=f"{line_id}/reversal" if line_id and reversal else line_id or self._made_id(account, row),
            booked_on=booked_on,
            valued_on=valued_on,
            amount_minor=amount_minor,
            currency=CURRENCY,
            reference=reference_in(reference, text),
            reversal=reversal,
            payments=payments,
            is_fee=amount_minor < 0 and bool(_FEE.search(text)),
        )
        self._keep(row, line)

    def _keep(self, row: Row, line: StatedLine) -> None:
        """Keep a line. Only a reversal may repeat the number of an earlier line."""
        key = f"{line.account}/{line.line_id}"
        self._seen[key] += 1
        if self._seen[key] > 1:
            self.faults[f"line {row.line}.line_id"] = fault("repeated")
        else:
            self.lines.append((row.line, line))

    def _made_id(self, account: str, row: Row) -> str:
        """Return an id for a line without one, derived from its contents and so the same in every file. The balance
        distinguishes otherwise equal lines; without a balance their order in the file does."""
        columns = ("booked_on", "debit", "credit", "amount", "side", "balance")
        made = "made-" + fingerprint([account, *(row.cells.get(column, "") for column in columns)])[:24]
        self._seen[f"made {made}"] += 1
        nth = self._seen[f"made {made}"]
        return made if nth == 1 else f"{made}-{nth}"


class _Cells:
    """Reads the cells of one row and collects their faults by column."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self.cells = cells
        self.faults: dict[str, Fault] = {}
        self.red = False  # a negative figure on one side is the bank's red ink: it reverses an earlier line
        if cells.get("currency", "").upper() not in _CURRENCIES:
            self.faults["currency"] = fault("currency_unsupported", currency=CURRENCY)

    def amount(self) -> int:
        """Return the amount in fen, positive for incoming money; 0 if it has a fault."""
        if "amount" in self.cells:
            side = self.cells.get("side", "").lower()
            if side not in _SIDES:
                self.faults["side"] = fault("not_one_of", options=["借", "贷"])
            amount_minor = self._figure("amount")
            self.red = bool(side) and amount_minor < 0
            return _SIDES.get(side, 1) * amount_minor
        blank = [self.cells[column] in _BLANK for column in ("debit", "credit")]
        debit = 0 if blank[0] else self._figure("debit")
        credit = 0 if blank[1] else self._figure("credit")
        if debit and credit:
            self.faults["credit"] = fault("both_sides")
        elif all(blank):
            self.faults["credit"] = fault("required")
        self.red = debit < 0 or credit < 0
        return credit - debit

    def _figure(self, column: str) -> int:
        try:
            amount_minor = read_amount(self.cells[column].removeprefix("+"), negative=True)
        except Unreadable as unreadable:
            self.faults[column] = unreadable.fault
            return 0
        if abs(amount_minor) > MAX_MINOR:
            self.faults[column] = fault("amount_too_large", most_minor=MAX_MINOR)
        return amount_minor

    def day(self, column: str) -> date | None:
        """Return the day of a date or time. Banks also write it without separators: 20260909, 20260909101500."""
        text = _COMPACT_DAY.sub(r"\1-\2-\3", self.cells[column])
        try:
            return local_day(read_moment(text).at)
        except Unreadable as unreadable:
            self.faults[column] = unreadable.fault
            return None

    def name(self, column: str) -> str:
        """Return an identifier of the bank as written; only spaces in an account number are dropped."""
        text = self.text(column).replace(" ", "") if column == "account" else self.text(column)
        if len(text) > MOST_TEXT:
            self.faults[column] = fault("too_long", most=MOST_TEXT)
        return text

    def text(self, column: str) -> str:
        text = self.cells.get(column, "")
        if not is_storable(text):
            self.faults[column] = fault("not_storable")
        return text

    def number(self, column: str) -> int:
        text = self.cells.get(column, "") or "1"
        if not (text.isascii() and text.isdecimal() and 0 < len(text) < 8 and int(text)):
            self.faults[column] = fault("not_whole")
            return 1
        return int(text)


def _account_above(table: Table) -> str:
    """Return the account named in the lines above the header, or an empty string."""
    for cells in table.preamble:
        for text in ("\t".join(cells), *cells):
            if match := _ACCOUNT.search(text):
                return re.sub(r"[ -]", "", match[1])[:MOST_TEXT]
    return ""
