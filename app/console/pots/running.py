"""Pause and resume a pot, and open, move or withdraw a tranche. Each effect is previewed."""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.console.effects import Change, Typed, effect_page
from app.current import deps
from app.http import access
from app.i18n.locale import when
from campaigns import pots
from campaigns.audit import changed_meanwhile
from campaigns.disclosure.pot_details import pot_view
from campaigns.disclosure.totals import PotView
from campaigns.funds.funds import find as find_fund
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Invalid, fault
from kernel.money import yuan
from matching.tranches import TrancheHistory


@blueprint.route("/pots/<int:pot_id>/<any(pause, resume):verb>", methods=["GET", "POST"], endpoint="pot_pause")
@access.signed_in(Permission.POTS_WRITE)
def pause(pot_id: int, verb: str) -> str | Response:
    """Pause the pot's match, or resume it."""
    pausing = verb == "pause"

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        if pot_view(tx, pot_id)[1].paused == pausing:  # a colleague was faster
            raise changed_meanwhile(tx, f"pot:{pot_id}", action=f"pot.{verb}")
        act = pots.pause if pausing else pots.resume
        act(tx, pot_id, typed.reason, typed.caller.name)
        pot = pot_view(tx, pot_id)[1]
        return _paused(pot) if pausing else _resumed(pot)

    title, button, done = (
        (_("暂停配捐池"), _("确认暂停"), _("配捐池已暂停。"))
        if pausing
        else (_("恢复配捐池"), _("确认恢复"), _("配捐池已恢复。"))
    )
    return effect_page(_change(pot_id, title, button, done, make)._replace(live=True))


def _paused(pot: PotView) -> list[str]:
    return [
        _(
            "“%(pot)s”不再给新的捐赠配捐，直到恢复。现可配的 %(amount)s 元留在池中。",
            pot=pot.name,
            amount=yuan(pot.paused_minor),
        ),
        _("支付中预留的 %(amount)s 元保留，付款后照常配捐；已配的不变。", amount=yuan(pot.reserved_minor)),
        _("公众页面显示“暂停配捐”。暂停期间的捐赠，恢复后在活动结束时补配；一直不恢复，余额退回基金。"),
    ]


def _resumed(pot: PotView) -> list[str]:
    return [
        _("“%(pot)s”恢复配捐，现可配 %(amount)s 元。", pot=pot.name, amount=yuan(pot.available_minor)),
        _("暂停期间的捐赠现在不补，活动结束后按余额补配。"),
    ]


@blueprint.route(
    "/pots/<int:pot_id>/tranches/<int:tranche_id>/<any(open, move, withdraw):verb>",
    methods=["GET", "POST"],
    endpoint="tranche",
)
@access.signed_in(Permission.POTS_WRITE)
def tranche(pot_id: int, tranche_id: int, verb: str) -> str | Response:
    """Open a tranche now, change its opening time, or withdraw it."""
    titles = {
        "open": (_("提前开放一批额度"), _("确认现在开放"), _("这批额度已开放。")),
        "move": (_("改一批额度的开放时间"), _("确认改时间"), _("开放时间已改。")),
        "withdraw": (_("收回一批额度"), _("确认收回"), _("这批额度已退回基金。")),
    }

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        before = pot_view(tx, pot_id)[1]
        if verb == "withdraw":
            taken = pots.withdraw_tranche(tx, pot_id, tranche_id, typed.reason, typed.caller.name)
            return _withdrawn(tx, pot_id, before, taken.amount_minor)
        opens_at = _typed_time(typed) if verb == "move" else None
        moved = pots.move_tranche(tx, pot_id, tranche_id, opens_at, typed.reason, typed.caller.name)
        return _moved(tx, pot_id, before, moved, opens_at)

    change = _change(pot_id, *titles[verb], make)._replace(live=verb == "open")
    if verb == "move":
        change = change._replace(time=_("新的开放时间"))
    if verb == "withdraw":
        change = change._replace(act="pot.withdraw_tranche", subject=pot_id, arguments={"tranche": tranche_id})
    return effect_page(change)


def _typed_time(typed: Typed) -> datetime:
    """Return the typed time. Raises Invalid `time_invalid`."""
    opens_at = typed.form.moment("opens_at")
    if opens_at is None:
        raise Invalid("time_invalid", fields={"opens_at": fault("not_a_time")})
    return opens_at


def _moved(tx: Tx, pot_id: int, before: PotView, tranche: TrancheHistory, opens_at: datetime | None) -> list[str]:
    amount = yuan(tranche.amount_minor)
    if opens_at is not None:
        times = {"before": when(tranche.opens_at), "time": when(opens_at)}
        return [_("这批 %(amount)s 元原定 %(before)s 开放，改在 %(time)s 开放。", amount=amount, **times)]
    after = pot_view(tx, pot_id)[1]
    return [
        _("这批 %(amount)s 元现在就开放。", amount=amount),
        _("现可配从 %(before)s 元变为 %(after)s 元。", **_sums(before.available_minor, after.available_minor)),
    ]


def _withdrawn(tx: Tx, pot_id: int, before: PotView, amount_minor: int) -> list[str]:
    state, after = pot_view(tx, pot_id)
    fund = find_fund(tx, state.fund_id).name
    return [
        _("这批 %(amount)s 元不再开放，退回“%(fund)s”。", amount=yuan(amount_minor), fund=fund),
        _(
            "配捐池投入从 %(before)s 元变为 %(after)s 元；现可配不变。",
            **_sums(before.funded_minor, after.funded_minor),
        ),
    ]


def _sums(before_minor: int, after_minor: int) -> dict[str, str]:
    return {"before": yuan(before_minor), "after": yuan(after_minor)}


def _change(pot_id: int, title: str, button: str, done: str, make: Callable[[Tx, Typed], Sequence[str]]) -> Change:
    with deps().db.transaction() as tx:
        name = pot_view(tx, pot_id)[1].name
    back = url_for("console.pot", pot_id=pot_id)
    return Change(Permission.POTS_WRITE, title, name, back, make, button, done)
