"""PURE. The formats of bills: our own, and the merchant bills of Alipay and WeChat Pay as they are published.

A format is declared, not programmed: its columns, the kind that each word means, and the sign of each figure.
"""

from collections.abc import Mapping
from typing import NamedTuple

from kernel.tables import Column, Layout

KINDS = ("charge", "refund", "fee", "payout", "dispute", "other")
NO_MONEY = ""  # the kind of a line that is not counted: it moved no money, or is in another bill


class BillFormat(NamedTuple):
    """How one format of bills is read. Columns have the names of its layout.

    `kinds` maps a word of column `kind` to our kind; "*" stands for all other words. `failed` are the words of
    column `state` for which no money moved. `directions` are the signs of the words in column `direction`.
    `line_id` names the columns that identify a line, by its kind. `amount` names, by kind, the column of the amount
    and the sign by which its figures are multiplied. `sides` instead names the two columns of income (positive) and
    expense (negative), of which each line fills one. `fee_sign` converts fees to our sign: positive for what the
    platform kept. `of_trade` is the column in which a fee names its trade; the trade bill contains such a fee.
    `in_fen`: figures are whole fen, otherwise yuan.
    """

    layout: Layout
    kinds: Mapping[str, str]
    line_id: Mapping[str, tuple[str, ...]]
    amount: Mapping[str, tuple[str, int]]
    times: tuple[str, ...]  # the first of these columns that is filled counts
    fee_sign: int = 1
    in_fen: bool = False
    failed: tuple[str, ...] = ()
    directions: Mapping[str, int] | None = None
    sides: tuple[str, str] | None = None
    of_trade: str = ""


OWN = BillFormat(
    layout=Layout(
        "bill",
        (
            Column("line_id", ("line_id", "流水号", "行号"), exact=True),
            Column("kind", ("kind", "类型", "业务类型")),
            Column("donation_id", ("donation_id", "捐赠编号", "捐赠号", "订单号"), exact=True),
            Column("amount_minor", ("amount_minor", "金额(分)")),
            Column("fee_minor", ("fee_minor", "手续费(分)")),
            Column("currency", ("currency", "币种", "货币")),
            Column("occurred_at", ("occurred_at", "时间", "发生时间"), exact=True),
            Column("corrects", ("corrects", "更正流水号"), required=False, exact=True),
        ),
        ours=True,
    ),
    kinds={kind: kind for kind in KINDS}
    | {"捐款": "charge", "收款": "charge", "交易": "charge", "退款": "refund", "手续费": "fee"}
    | {"提现": "payout", "结算": "payout", "争议": "dispute", "其他": "other"},
    line_id=dict.fromkeys(KINDS, ("line_id",)),
    amount=dict.fromkeys(KINDS, ("amount_minor", 1)),
    times=("occurred_at",),
    in_fen=True,
)

# What the merchant received is compared (商家实收, 应结订单金额), so a coupon that they paid for is a difference.
ALIPAY = BillFormat(
    layout=Layout(
        "alipay",
        (
            Column("line_id", ("支付宝交易号",), exact=True),
            Column("donation_id", ("商户订单号",), exact=True),
            Column("kind", ("业务类型",)),
            Column("created_at", ("创建时间",), exact=True),
            Column("occurred_at", ("完成时间",), exact=True),
            Column("amount_yuan", ("商家实收（元）",)),
            Column("refund_id", ("退款批次号/请求号", "退款批次号"), exact=True),
            Column("fee_yuan", ("服务费（元）",)),
        ),
        not_rows=("#---", "#交易合计", "#退款合计", "#导出时间"),
    ),
    kinds={"交易": "charge", "退款": "refund"},
    line_id={"charge": ("line_id",), "refund": ("line_id", "refund_id")},
    amount={"charge": ("amount_yuan", 1), "refund": ("amount_yuan", 1)},
    times=("occurred_at", "created_at"),
    fee_sign=-1,
)

# The bill of the merchant's account (账务明细), beside the trade bill. Its lines about trades would count twice:
# payments, refunds, and the fees that name a trade. Fees of the account and withdrawals are in no other bill.
ALIPAY_FUNDS = BillFormat(
    layout=Layout(
        "alipay_funds",
        (
            Column("line_id", ("账务流水号",), exact=True),
            Column("trade_id", ("商户订单号",), exact=True),
            Column("occurred_at", ("发生时间",), exact=True),
            Column("income_yuan", ("收入金额（+元）",)),
            Column("expense_yuan", ("支出金额（-元）",)),
            Column("kind", ("业务类型",)),
        ),
        not_rows=("#---", "#支出合计", "#收入合计", "#导出时间"),
    ),
    kinds=dict.fromkeys(("交易", "在线支付", "交易付款", "退款", "交易退款"), NO_MONEY)
    | {"收费": "fee", "退费": "fee", "提现": "payout", "*": "other"},
    line_id=dict.fromkeys(KINDS, ("line_id",)),
    amount={},
    times=("occurred_at",),
    sides=("income_yuan", "expense_yuan"),
    of_trade="trade_id",
)

WECHAT = BillFormat(
    layout=Layout(
        "wechat",
        (
            Column("occurred_at", ("交易时间",), exact=True),
            Column("line_id", ("微信订单号",), exact=True),
            Column("donation_id", ("商户订单号",), exact=True),
            Column("kind", ("交易状态",)),
            Column("currency", ("货币种类",)),
            Column("amount_yuan", ("应结订单金额",)),
            Column("refund_id", ("微信退款单号",), exact=True),
            Column("refund_yuan", ("退款金额",)),
            Column("state", ("退款状态",)),
            Column("fee_yuan", ("手续费",)),
            Column("app_id", ("公众账号ID",), required=False, exact=True),
            Column("merchant_id", ("商户号",), required=False, exact=True),
        ),
        not_rows=("总交易单数",),
    ),
    kinds={"SUCCESS": "charge", "REFUND": "refund", "REVOKED": "refund"},
    line_id={"charge": ("line_id",), "refund": ("refund_id",)},
    amount={"charge": ("amount_yuan", 1), "refund": ("refund_yuan", -1)},
    times=("occurred_at",),
    failed=("FAIL", "FAILED", "CLOSED"),
)

# The bill of a merchant's account. Its lines about trades are in the trade bill, line by line, and would count
# twice. Anything else, except a withdrawal, is for an operator to review.
WECHAT_FUNDS = BillFormat(
    layout=Layout(
        "wechat_funds",
        (
            Column("occurred_at", ("记账时间",), exact=True),
            Column("business_id", ("微信支付业务单号",), exact=True),
            Column("line_id", ("资金流水单号",), exact=True),
            Column("kind", ("业务类型",)),
            Column("direction", ("收支类型",)),
            Column("amount_yuan", ("收支金额（元）",)),
        ),
        not_rows=("资金流水总笔数",),
    ),
    kinds={"交易": NO_MONEY, "退款": NO_MONEY, "扣除交易手续费": NO_MONEY, "退还交易手续费": NO_MONEY}
    | {"提现": "payout", "*": "other"},
    line_id=dict.fromkeys(KINDS, ("business_id", "line_id")),
    amount={"charge": ("amount_yuan", 1)},
    times=("occurred_at",),
    directions={"收入": 1, "支出": -1},
)

FORMATS = (OWN, ALIPAY, ALIPAY_FUNDS, WECHAT, WECHAT_FUNDS)
