"""PURE. Compare the merchant that a platform's bill names with the one of its mapping: WeChat Pay's in a column,
Alipay's above the header. The bill of another merchant holds other people's money."""

import re
from collections.abc import Mapping, Sequence

from kernel.errors import Fault, fault
from kernel.tables import Table
from payments.mappings.document import parameter_words

# A merchant's id of 16 digits, which ends in 0156 as an account: `#账号：[20889012345678900156]`.
_ALIPAY_ACCOUNT = re.compile(r"#账号[：:]\s*\[?(2088\d{12})0156\]?", re.ASCII)


def merchants_refused(table: Table, parameters: Mapping[str, str]) -> dict[str, Fault]:
    """Return a fault for each place in which a bill names a merchant that the mapping's parameters do not. A bill
    that names none is not compared."""
    faults: dict[str, Fault] = {}
    if merchants := parameter_words(parameters.get("mchid", "")):
        for row in table.rows:
            stated = row.cells.get("merchant_id")
            if stated and stated not in merchants:
                faults[f"line {row.line}.merchant_id"] = _another(stated, merchants)
    if sellers := parameter_words(parameters.get("seller_id", "")):
        for number, cells in enumerate(table.preamble, 1):
            match = _ALIPAY_ACCOUNT.match(cells[0])
            if match and match[1] not in sellers:
                faults[f"line {number}"] = _another(match[1], sellers)
    return faults


def _another(stated: str, expected: Sequence[str]) -> Fault:
    return fault("another_merchant", stated=stated, expected=", ".join(expected))
