"""Bills as WeChat Pay and Alipay hand them out, in the layouts that they publish."""

import gzip
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

TRADES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
TRADE_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FUNDS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,"
    "收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号"
)
FUND_TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
ALIPAY = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,"
    "服务费（元）,分润（元）,备注"
)
ALIPAY_TOTALS = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,"
    "服务费（元）,分润（元）,实收净额（元）"
)

ALIPAY_FUNDS = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)


class Movement(NamedTuple):
    """A line of Alipay's bill of the account; fen, negative for what went. `order`: of the trade it is about."""

    id: str
    kind: str
    minor: int
    at: str
    order: str = ""


class Trade(NamedTuple):
    """A payment, or with `refund` one of its refunds; fen. `at` is the clock in Beijing."""

    order: str
    minor: int
    at: str
    refund: str = ""
    fee_minor: int = 0
    app: str = "wx0000000000000000"


def _yuan(minor: int, places: int = 2) -> str:
    return f"{minor / 100:.{places}f}"


def _marked(cells: Sequence[str]) -> str:
    return ",".join(f"`{cell}" for cell in cells)


def wechat_trades(trades: Sequence[Trade]) -> bytes:
    rows = [_wechat_row(trade) for trade in trades]
    paid = sum(trade.minor for trade in trades if not trade.refund)
    back = sum(trade.minor for trade in trades if trade.refund)
    fees = sum(trade.fee_minor for trade in trades)
    totals = [str(len(rows)), _yuan(paid), _yuan(back), "0.00", _yuan(fees, 5), _yuan(paid), _yuan(back)]
    return "\r\n".join(["\ufeff" + TRADES, *map(_marked, rows), TRADE_TOTALS, _marked(totals), ""]).encode()


def _wechat_row(trade: Trade) -> list[str]:
    paid = "0.00" if trade.refund else _yuan(trade.minor)
    back = _yuan(trade.minor) if trade.refund else "0.00"
    state, refund_state = ("REFUND", "SUCCESS") if trade.refund else ("SUCCESS", "")
    return [
        *(trade.at, trade.app, "1900000001", "0", "", f"4200{trade.order}", trade.order, "oAAAAAAAA"),
        *("JSAPI", state, "OTHERS", "CNY", paid, "0.00", trade.refund or "0", f"mine-{trade.refund}", back, "0.00"),
        *("ORIGINAL" if trade.refund else "", refund_state, '捐赠 "一村一梦"', "", _yuan(trade.fee_minor, 5)),
        *("0.60%", paid, back, ""),
    ]  # fmt: skip


def wechat_funds(rows: Sequence[tuple[str, str, str, int]]) -> bytes:
    """`rows`: time, id, 业务类型, fen (negative: 支出)."""
    lines = [
        _marked([at, f"B{id_}", f"F{id_}", kind, kind, "收入" if minor > 0 else "支出", _yuan(abs(minor))])
        + f',`900.00,`1900000001API,"`备注,有逗号",`V{id_}'
        for at, id_, kind, minor in rows
    ]
    gains, costs = [r[3] for r in rows if r[3] > 0], [-r[3] for r in rows if r[3] < 0]
    totals = [str(len(rows)), str(len(gains)), _yuan(sum(gains)), str(len(costs)), _yuan(sum(costs))]
    return "\r\n".join(["\ufeff" + FUNDS, *lines, FUND_TOTALS, _marked(totals), ""]).encode()


def alipay_lines(trades: Sequence[Trade]) -> bytes:
    paid = [trade.minor for trade in trades if not trade.refund]
    back = [trade.minor for trade in trades if trade.refund]
    lines = [
        "#支付宝业务明细查询",
        "#账号：[20880000000000010156]",
        "#起始日期：[2026年09月09日 00:00:00]   终止日期：[2026年09月10日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        ALIPAY,
        *(_alipay_row(trade) for trade in trades),
        "#-----------------------------------------业务明细列表结束------------------------------------",
        f"#交易合计：{len(paid)}笔，商家实收共{_yuan(sum(paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(back)}笔，商家实收退款共{_yuan(-sum(back))}元，商家优惠退款共0.00元",
        "#导出时间：[2026年09月10日 07:27:37]",
    ]
    return "\r\n".join(lines).encode("gb18030")


def _alipay_row(trade: Trade) -> str:
    yuan = _yuan(-trade.minor if trade.refund else trade.minor)
    cells = [
        *(f"2026{trade.order}\t", f"{trade.order}\t", "退款" if trade.refund else "交易", "𠮷庆村·路灯"),
        *(trade.at, trade.at, "\t", "\t", "\t", "\t", "*三(138****00)\t", yuan, yuan, *["0.00"] * 5, "", "0.00\t"),
        *("0.00", f"{trade.refund}\t", _yuan(-trade.fee_minor), "0.00", ""),
    ]  # fmt: skip
    return ",".join(cells)


def alipay_totals(trades: Sequence[Trade]) -> bytes:
    back = sum(1 for trade in trades if trade.refund)
    figures = ",".join(["0.00"] * 8)
    lines = [
        "#支付宝业务汇总查询",
        "#-----------------------------------------业务汇总列表----------------------------------------",
        ALIPAY_TOTALS,
        f"0001\t,本店\t,{len(trades) - back},{back},{figures}",
        f"合计,,{len(trades) - back},{back},{figures}",
        "#-----------------------------------------业务汇总列表结束------------------------------------",
    ]
    return "\r\n".join(lines).encode("gb18030")


def alipay_zip(trades: Sequence[Trade], totals_of: Sequence[Trade] | None = None) -> bytes:
    return _zipped("业务明细", alipay_lines(trades), alipay_totals(totals_of or trades))


def alipay_funds(movements: Sequence[Movement]) -> bytes:
    income = [movement.minor for movement in movements if movement.minor > 0]
    costs = [movement.minor for movement in movements if movement.minor < 0]
    lines = [
        "#支付宝账务明细查询",
        "#账号：[20880000000000010156]",
        "#起始日期：[2026年09月09日 00:00:00]   终止日期：[2026年09月10日 00:00:00]",
        "#-----------------------------------------账务明细列表----------------------------------------",
        ALIPAY_FUNDS,
        *(_movement_row(movement) for movement in movements),
        "#-----------------------------------------账务明细列表结束------------------------------------",
        f"#支出合计：{len(costs)}笔，共{_yuan(sum(costs))}元",
        f"#收入合计：{len(income)}笔，共{_yuan(sum(income))}元",
        "#导出时间：[2026年09月10日 07:27:37]",
    ]
    return "\r\n".join(lines).encode("gb18030")


def _movement_row(movement: Movement) -> str:
    sides = (_yuan(max(movement.minor, 0)), _yuan(min(movement.minor, 0)))
    cells = [
        *(
            f"{movement.id}\t",
            f"B{movement.id}\t",
            f"{movement.order}\t",
            "𠮷庆村·路灯",
            movement.at,
            "*三(138****00)",
        ),
        *(*sides, "900.00", "支付宝\t", movement.kind, ""),
    ]
    return ",".join(cells)


def alipay_funds_zip(movements: Sequence[Movement], totals_of: Sequence[Movement] | None = None) -> bytes:
    counted = totals_of or movements
    income, costs = (sum(1 for each in counted if each.minor * sign > 0) for sign in (1, -1))
    totals = [
        "#支付宝账务汇总查询",
        "类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）",
        f"合计,{income},0.00,{costs},0.00,0.00",
    ]
    return _zipped("账务明细", alipay_funds(movements), "\r\n".join(totals).encode("gb18030"))


def _zipped(title: str, lines: bytes, totals: bytes) -> bytes:
    """As it is downloaded: two files, whose names are in GB18030."""
    contents = {
        f"20880000000000000156_20260909_{title}.csv".encode("gb18030"): lines,
        f"20880000000000000156_20260909_{title}(汇总).csv".encode("gb18030"): totals,
    }
    room = BytesIO()
    # `zipfile` writes other names than ASCII in UTF-8, with a flag; so the names are put in afterwards.
    places = {name: str(number) * (len(name) - 4) + ".csv" for number, name in enumerate(contents)}
    with ZipFile(room, "w", ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(places[name], content)
    data = room.getvalue()
    for name, place in places.items():
        data = data.replace(place.encode(), name)
    return data


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data)
