"""By which thresholds a campaign is screened: seen by all managers, changed and put back by some."""

from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, refused
from app.current import deps
from app.http import access
from app.http.errors import status_of
from app.i18n.labels import UNITS
from app.i18n.messages import threshold_text
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.screening import settings
from campaigns.screening.settings import CHANGEABLE, Setting
from campaigns.screening.thresholds import default_thresholds
from kernel.errors import Invalid, Refusal, fault

# People type yuan and percent; the engine counts fen and basis points. Seconds and numbers are typed as they are.
_HUNDREDTHS = ("_minor", "_bps")


@blueprint.get("/campaigns/<slug>/screening", endpoint="screening_settings")
@access.signed_in(Permission.READ)
def overview(slug: str) -> str:
    """All thresholds in a form."""
    return _page(slug, {}, frozenset())


@blueprint.post("/campaigns/<slug>/screening", endpoint="screening_change")
@access.signed_in_to_act(Permission.SCREEN)
def changed(slug: str) -> Response | tuple[str, int]:
    """Store what was typed. What is out of bounds is shown at its field, and nothing is changed."""
    typed = {name: text.strip() for name, text in request.form.items()}
    try:
        access.require_declared(Permission.SCREEN)
        with deps().db.transaction() as tx:
            found = {
                one.name: one for one in settings.settings(tx, slug, default_thresholds(deps().screening_defaults))
            }
            given = {name: _value(name, typed[name]) for name in found if name in typed}
            if unread := [name for name, value in given.items() if value is None]:
                raise Invalid("screening_invalid", fields=dict.fromkeys(unread, fault("not_a_number")))
            settings.change(tx, slug, given, default_thresholds(deps().screening_defaults), g.caller.name)
    except Refusal as refusal:
        if refusal.code == "screening_invalid":
            return _page(slug, typed, frozenset(refusal.fields)), status_of(refusal)
        flash(refused(refusal), "bad")
        return redirect(url_for("console.screening_settings", slug=slug), 303)
    flash(_("复核标准已保存，从下一次检查起生效。"), "good")
    return redirect(url_for("console.screening_settings", slug=slug), 303)


@blueprint.post("/campaigns/<slug>/screening/reset", endpoint="screening_reset")
@access.signed_in_to_act(Permission.SCREEN)
def reset(slug: str) -> Response:
    """All thresholds back to their defaults."""
    return act(
        Permission.SCREEN,
        url_for("console.screening_settings", slug=slug),
        lambda tx, caller: settings.reset(tx, slug, default_thresholds(deps().screening_defaults), caller.name),
        _("已全部恢复默认标准。"),
    )


def _page(slug: str, typed: dict[str, str], wrong: frozenset[str]) -> str:
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        rows = settings.settings(tx, slug, default_thresholds(deps().screening_defaults))
    return render_template(
        "console/screening.html",
        campaign=campaign,
        rows=[_row(one, typed.get(one.name), one.name in wrong) for one in rows],
        wrong=wrong,
        may=g.caller.may(Permission.SCREEN) and campaign.phase in CHANGEABLE,
        own=any(one.changed_at for one in rows),
    )


def _row(one: Setting, typed: str | None, wrong: bool) -> dict[str, Any]:
    """A threshold as its field shows it; what was typed stays."""
    return one._asdict() | {
        "typed": _text(one.name, one.value) if typed is None else typed,
        "unit": next(unit for suffix, unit in UNITS.items() if one.name.endswith(suffix)),
        "wrong": wrong,
        "usual": threshold_text(one.name, one.default),
        "bounds": f"{_text(one.name, one.least)}–{_text(one.name, one.most)}",
    }


def _text(name: str, value: int) -> str:
    """A value as it is typed: 1050 fen are 10.5."""
    return f"{Decimal(value) / 100:f}" if name.endswith(_HUNDREDTHS) else str(value)


def _value(name: str, typed: str) -> int | None:
    """What was typed, in the unit of the engine; None when it is no number, or finer than that unit."""
    try:
        number = Decimal(typed.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > 10**9:
        return None
    number *= 100 if name.endswith(_HUNDREDTHS) else 1
    return int(number) if number == int(number) else None
