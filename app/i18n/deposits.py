"""The effect of a deposit in words."""

from collections.abc import Iterator

from flask_babel import gettext as _

from app.i18n.locale import when
from campaigns.funds.deposit_preview import Alike, DepositPreview, Why
from kernel.money import yuan


def deposit_effect(preview: DepositPreview) -> list[str]:
    """Return the effect of a deposit, one sentence per line. Deposits that may be the same money come last."""
    return list(_sentences(preview))


def _sentences(preview: DepositPreview) -> Iterator[str]:
    before, after = yuan(preview.before_minor), yuan(preview.balance_minor)
    yield _("基金余额从 %(before)s 元变为 %(after)s 元，银行存款一边同样多。", before=before, after=after)
    for pot in preview.pots:
        yield _("配捐池“%(name)s”由这个基金出钱，还有 %(free)s 元可用。", name=pot.name, free=yuan(pot.free_minor))
    if preview.pots:
        yield _("入账的钱留在基金里，不会自己流进配捐池；要用，在池里追加。")
    for entry in preview.alike:
        yield _("请核对：%(why)s", why=_why(entry))


def _why(entry: Alike) -> str:
    shown = {
        "fund": entry.fund_name,
        "id": entry.id,
        "amount": yuan(entry.amount_minor),
        "reference": entry.reference,
        "time": when(entry.booked_at),
    }
    if entry.why == Why.REFERENCE:
        return _("“%(fund)s”第 %(id)s 号入账 %(amount)s 元也是这个凭据号（%(reference)s，%(time)s）。", **shown)
    return _("“%(fund)s”今天已有一笔 %(amount)s 元的入账，凭据 %(reference)s（第 %(id)s 号）。", **shown)
