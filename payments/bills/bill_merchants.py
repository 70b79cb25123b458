"""PURE. Compare the merchant that a platform's bill names with the one of its mapping: WeChat Pay's in a column,
Alipay's above the header. The bill of another merchant holds other people's money."""

import re
from collections.abc import Mapping

from kernel.errors import Fault, fault
from kernel.tables import Table
from payments.mappings.document import parameter_words

# A merchant's id of 16 digits, which ends in 0156 as an account: `#账号：[20889012345678900156]`.
_ALIPAY_ACCOUNT = re.compile(r"#账号[：:]\s*\[?(2088\d{12})0156\]?", re.ASCII)


def merchants_refused(table: Table, parameters: Mapping[str, str]) -> dict[str, Fault]:
    """Return a fault for each place in which a bill names a merchant that the mapping's parameters do not. A bill
    that names none is not compared."""
    merchants = {name: parameter_words(parameters.get(name, "")) for name in ("mchid", "seller_id")}
    stated = {f"line {row.line}.merchant_id": ("mchid", row.cells.get("merchant_id", "")) for row in table.rows}
    for number, cells in enumerate(table.preamble, 1):
        if match := _ALIPAY_ACCOUNT.match(cells[0]):
            stated[f"line {number}"] = ("seller_id", match[1])
    return {
        place: fault("another_merchant", stated=merchant, expected=", ".join(merchants[name]))
        for place, (name, merchant) in stated.items()
        if merchant and merchants[name] and merchant not in merchants[name]
    }
