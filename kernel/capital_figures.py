"""PURE. Amounts in capital Chinese figures (大写金额), as receipts and vouchers state them beside the digits."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def capital_yuan(amount_minor: int) -> str:
    """Return an amount of fen in capital figures by the rules for filling in bills (票据法 and 支付结算办法,
    annex 1): 10_050_00 is 壹万零伍拾元整, 1_05 is 壹元零伍分."""
    if amount_minor < 0:
        return "负" + capital_yuan(-amount_minor)
    yuan, fen = divmod(amount_minor, 100)
    whole = _whole(yuan)
    if not fen:
        return f"{whole or '零'}元整"
    jiao, fen = divmod(fen, 10)
    text = f"{whole}元" if whole else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif whole:
        text += "零"
    return text + (f"{_DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    """Return a whole number in groups of four digits; zeros between digits are read once."""
    text, gap = "", False
    for place in reversed(range(len(_GROUPS))):
        group = number // 10_000**place % 10_000
        if not group:
            gap = bool(text)
            continue
        if text and (gap or group < 1_000):
            text += "零"
        text, gap = text + _group(group) + _GROUPS[place], False
    return text


def _group(group: int) -> str:
    text, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text
