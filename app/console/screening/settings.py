"""The screening thresholds of a campaign. Every manager may see them; some may change or reset them."""

from decimal import Decimal
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, refused
from app.console.forms import ConsoleForm
from app.console.written import require_own, shown_before
from app.current import deps
from app.http import access
from app.http.errors import status_of
from app.i18n.labels import UNITS
from app.i18n.screening_evidence import threshold_text
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.network.roles import Permission
from campaigns.screening import settings
from campaigns.screening.settings import CHANGEABLE, Setting
from campaigns.screening.thresholds import default_thresholds
from kernel.errors import Refusal

# Managers type yuan and percent, which are stored as fen and basis points. Seconds and counts are stored as typed.
_HUNDREDTHS = ("_minor", "_bps")


class ThresholdForm(ConsoleForm):
    """The thresholds as typed, each under its own name."""

    def value(self, name: str) -> int | None:
        """Return a threshold in its stored unit; None with a fault if it is not a number or has too many
        decimals."""
        self.require(name)
        return self.number(name, 2 if name.endswith(_HUNDREDTHS) else 0)


@blueprint.get("/campaigns/<slug>/screening", endpoint="screening_settings")
@access.signed_in(Permission.READ)
def show(slug: str) -> str:
    """Show all thresholds in a form."""
    return _page(slug, ThresholdForm({}))


@blueprint.post("/campaigns/<slug>/screening", endpoint="screening_change")
@access.signed_in_to_act(Permission.SCREEN)
def change(slug: str) -> Response | tuple[str, int]:
    """Store the changed thresholds. A value out of bounds is shown at its field, and nothing is stored."""
    form = ThresholdForm(request.form)
    try:
        access.require_declared(Permission.SCREEN)
        with deps().db.transaction() as tx:
            defaults = default_thresholds(deps().screening_defaults)
            campaign = lock_campaign(tx, slug)
            rows = settings.settings(tx, slug, defaults)
            now = {row.name: _text(row.name, row.value) for row in rows if row.name in form.data}
            typed = {name: form[name] for name in now}
            names = require_own(tx, f"campaign:{campaign.id}", form, typed, now)
            values = {name: form.value(name) for name in names}
            if not form.faults:
                settings.change(tx, slug, values, defaults, g.caller.name)
    except Refusal as refusal:
        if refusal.code != "screening_invalid":
            return refused(refusal, url_for("console.screening_settings", slug=slug))
        form.add_refusal(refusal)
        return _page(slug, form), status_of(refusal)
    if form.faults:
        return _page(slug, form), 422
    flash(_("复核标准已保存，从下一次检查起生效。"), "good")
    return redirect(url_for("console.screening_settings", slug=slug), 303)


@blueprint.post("/campaigns/<slug>/screening/reset", endpoint="screening_reset")
@access.signed_in_to_act(Permission.SCREEN)
def reset(slug: str) -> Response:
    """Reset all thresholds to their defaults."""
    return act(
        Permission.SCREEN,
        url_for("console.screening_settings", slug=slug),
        lambda tx, caller: settings.reset(tx, slug, default_thresholds(deps().screening_defaults), caller.name),
        _("已全部恢复默认标准。"),
    )


def _page(slug: str, form: ThresholdForm) -> str:
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        rows = settings.settings(tx, slug, default_thresholds(deps().screening_defaults))
    return render_template(
        "console/screening.html",
        campaign=campaign,
        rows=[_row(setting, form) for setting in rows],
        was=shown_before(form, {setting.name: _text(setting.name, setting.value) for setting in rows}),
        wrong=bool(form.faults),
        may=access.opens("screening_change") and campaign.phase in CHANGEABLE,
        own=any(setting.changed_at for setting in rows),
    )


def _row(setting: Setting, form: ThresholdForm) -> dict[str, Any]:
    """Return a threshold as its field shows it, with the typed value if there is one."""
    name = setting.name
    return setting._asdict() | {
        "typed": form[name] if name in form.data else _text(name, setting.value),
        "unit": next(unit for suffix, unit in UNITS.items() if name.endswith(suffix)),
        "wrong": name in form.faults,
        "usual": threshold_text(name, setting.default),
        "bounds": f"{_text(name, setting.least)}–{_text(name, setting.most)}",
    }


def _text(name: str, value: int) -> str:
    """Return a value as a manager types it: 1050 fen is 10.5."""
    return f"{Decimal(value) / 100:f}" if name.endswith(_HUNDREDTHS) else str(value)
