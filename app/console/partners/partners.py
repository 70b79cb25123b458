"""Partner platforms: registration, limits, and rotation of their signing secrets."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response as FlaskResponse
from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app import partners as duties
from app.console.blueprint import act, blueprint, make_once, refused, said_of
from app.console.forms import ConsoleForm
from app.console.written import require_own, shown_before
from app.current import deps
from app.forms import format_yuan
from app.http import access
from app.http.scope import Where
from app.i18n.giving_labels import PARTNER_CHECKS, PARTNER_STATES, SUMS_VERDICTS
from app.i18n.inbox_texts import money, reason_text, type_text
from app.i18n.locale import language
from app.i18n.partner_texts import ALARMS, alarm_line
from app.i18n.refusals.problems import problem_text
from app.partners import Registration
from campaigns.approvals.models import Approval
from campaigns.closing.publication.partner_sums import sums_of_partner
from campaigns.closing.reconciliation.bill_differences import bill_days
from campaigns.desks.inbox_desk import InboxQueue, list_queue
from campaigns.intake import door_events, partner_states, registered
from campaigns.intake.check_list import check_list
from campaigns.intake.partner_limits import allowance, terms_of
from campaigns.intake.refusal_counts import refusals_of
from campaigns.intake.settled_conflicts import settled_of
from campaigns.network.roles import Caller, Permission
from campaigns.partner_alarms import ACKNOWLEDGEABLE, alarms_of, partner_alarms
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Invalid, Refusal
from kernel.paging import Page
from payments.inbox.inbox_conflicts import list_conflicts
from payments.models import Partner, PartnerState
from payments.partners import partner_secrets, partners

_PARTNERS = Permission.PARTNERS_WRITE
MOST_SHOWN = 10  # messages of each kind on the page of a platform
OVERLAPS = (1, 7, 30)  # days for which the old secret stays valid; 0: until an operator ends it
MOVE_WORDS = {
    "test": _l("开始测试"),
    "live": _l("上线"),
    "paused": _l("暂停（先收下，不入账）"),
    "ended": _l("结束（不再接收）"),
}
Answer = str | Response | tuple[str, int]


@blueprint.route("/partners", methods=["GET", "POST"], endpoint="partners")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def list_partners() -> Answer:
    """List the platforms, with a form that registers another one and shows its secret once."""
    form = ConsoleForm(request.form)
    if request.method == "GET":
        return _list(form)
    name, title = form.text("name", partners.MOST_NAME) or "", form.text("title", 100) or ""
    form.require("name", "title")
    if form.faults:
        return _list(form), 422
    try:
        return make_once(lambda: _register(form, name, title))
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _list(form), 422


def _register(form: ConsoleForm, name: str, title: str) -> FlaskResponse:
    codes = [code for code in form["projects"].replace("，", ",").replace(",", " ").split() if code] or None
    expected = form["statement"] == "yes"
    state = PartnerState.TEST if form["begin"] == "test" else PartnerState.LIVE
    with deps().db.transaction() as tx:
        made = duties.register(tx, Registration(name, title, codes, expected, state))
    return _secret(title, made.secret, name, made.approval)


def _secret(title: str, secret: str, name: str, approval: Approval | None = None) -> FlaskResponse:
    back, waits = url_for("console.partner", name=name), said_of(approval)
    return make_response(render_template("console/secret.html", title=title, secret=secret, back=back, waits=waits))


def _list(form: ConsoleForm) -> str:
    with deps().db.transaction() as tx:
        rows, heard = partners.list_partners(tx), partner_secrets.heard_at(tx)
        alarms = partner_alarms(tx)
    return render_template(
        "console/partners.html",
        rows=rows,
        heard=heard,
        alarms={row.name: [alarm.kind for alarm in alarms if alarm.partner == row.name] for row in rows},
        form=form,
        PARTNER_STATES=PARTNER_STATES,
        ALARMS=ALARMS,
    )


@blueprint.get("/partners/<name>", endpoint="partner")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def show(name: str) -> str:
    """Show a platform: its limits, and a list of its signing secrets without their values."""
    return _page(name, None)


def _page(name: str, form: ConsoleForm | None) -> str:
    with deps().db.transaction() as tx:
        partner = partners.known(tx, name)
        secrets, now = partner_secrets.list_secrets(tx, partner), tx.now
        standing = _standing(tx, partner)
    ended = partner.state == PartnerState.ENDED
    valid = [own for own in secrets if not ended and not own.waits and (own.ends_at is None or own.ends_at > now)]
    real = [secret for secret in valid if not secret.test]
    lasting = [secret for secret in real if not secret.ends_at]
    return render_template(
        "console/partner.html",
        partner=partner,
        secrets=secrets,
        valid=valid,
        endable=[own for own in valid if own.test or any(other is not own for other in lasting)],
        room=partner.state in partner_secrets.BOOKED and len(real) < partner_secrets.MOST_VALID,
        test_room=partner.state in partner_secrets.SENDING and len(valid) - len(real) < partner_secrets.MOST_VALID,
        overlaps=OVERLAPS,
        limits=deps().limits,
        form=form or ConsoleForm({}),
        was=shown_before(form or ConsoleForm({}), _limits_shown(partner.model_dump())),
        **standing,
    )


def _standing(tx: Tx, partner: Partner) -> dict[str, Any]:
    """Return what the page shows of the platform's states, checks, events, refusals and bills."""
    source, today = f"partner:{partner.name}", local_day(tx.now)
    week = today - timedelta(days=7)
    contradicting, _total = list_conflicts(tx, Page(1, MOST_SHOWN), source)
    checks = check_list(tx, partner.name)
    return {
        "moves": sorted(partner_states.MOVES[PartnerState(partner.state)]),
        "checks": checks,
        "skipped": not all(checks.values()) and partner.state not in (PartnerState.DRAFT, PartnerState.TEST),
        "heard_at": partner_secrets.heard_at(tx).get(partner.name),
        "open_events": door_events.count_open(tx, source),
        "oldest_due_at": door_events.oldest_due_at(tx, source),
        "conflicts": door_events.count_conflicts(tx, source),
        "waiting": list_queue(tx, InboxQueue.OPEN, source, Page(1, MOST_SHOWN))[0],
        "contradicting": contradicting,
        "settled": settled_of(tx, [row.id for row in contradicting]),
        "why": reason_text,
        "type_text": type_text,
        "money": money,
        "taken": allowance(tx, deps(), terms_of(tx, deps(), [partner.name])).today(partner.name),
        "refusals": refusals_of(tx, partner.name, week),
        "days": bill_days(tx, partner.name, week),
        "alarms": alarms_of(tx, partner.name),
        "ACKNOWLEDGEABLE": ACKNOWLEDGEABLE,
        "alarm_line": alarm_line,
        "reason": partial(problem_text, locale=language()),
        "stated": sums_of_partner(tx, partner.name, MOST_SHOWN),
        "SUMS_VERDICTS": SUMS_VERDICTS,
        "PARTNER_STATES": PARTNER_STATES,
        "PARTNER_CHECKS": PARTNER_CHECKS,
        "MOVE_WORDS": MOVE_WORDS,
    }


@blueprint.post("/partners/<name>/state", endpoint="partner_state")
@access.signed_in_to_act(_PARTNERS, where=Where.FEDERATION)
def set_state(name: str) -> Answer:
    """Change the state of a platform, and show once a secret that it may get with it."""
    back = url_for("console.partner", name=name)

    def make() -> Response:
        access.require_declared(_PARTNERS)
        with deps().db.transaction() as tx:
            state = request.form.get("state", "")
            moved = duties.change_state(tx, name, state)
        if moved.secret:
            return _secret(moved.partner.title, moved.secret, name, moved.approval)
        flash(_("状态已改为“%(state)s”。", state=PARTNER_STATES[moved.partner.state]), "good")
        return redirect(back, 303)

    try:
        return make_once(make)
    except Refusal as refusal:
        return refused(refusal, back)


@blueprint.post("/partners/<name>/limits", endpoint="partner_limits")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def set_limits(name: str) -> Answer:
    """Set the limits of a platform that were changed. An empty field means the installation's default."""
    form = ConsoleForm(request.form)
    limits: dict[str, Any] = {
        "gift_most_minor": form.amount("gift_most_minor"),
        "day_most_minor": form.amount("day_most_minor"),
        "day_most_count": form.whole("day_most_count"),
        "age_most_days": form.whole("age_most_days"),
    }
    if form.faults:
        return _page(name, form), 422

    def do(tx: Tx, _caller: Caller) -> str | None:
        if not all(limit is None or limit > 0 for limit in limits.values()):
            raise Invalid("amount_invalid")
        chosen = limits | {"projects": form["projects"].replace("，", ",").replace(",", " ").split() or None}
        now = _limits_shown(partners.known(tx, name, lock=True).model_dump())
        typed = {field: text for field, text in _limits_shown(chosen).items() if field in form.data}
        names = require_own(tx, f"partner:{name}", form, typed, now, action="partner.limits")
        if not names:
            return _("没有改动。")
        return said_of(duties.set_limits(tx, name, {field: chosen[field] for field in names}))

    return act(_PARTNERS, url_for("console.partner", name=name), do, _("限额已保存。"))


def _limits_shown(values: Mapping[str, Any]) -> dict[str, str]:
    """Return limits as their form fields show them."""
    money = {name: format_yuan(values[name]) for name in ("gift_most_minor", "day_most_minor")}
    counts = {name: str(values[name] or "") for name in ("day_most_count", "age_most_days")}
    return {**money, **counts, "projects": " ".join(values["projects"] or [])}


@blueprint.post("/partners/<name>/secrets", endpoint="partner_secret")
@access.signed_in_to_act(_PARTNERS, where=Where.FEDERATION)
def rotate(name: str) -> Answer:
    """Create another signing secret and show it once. The old one stays valid for the chosen time."""
    access.require_declared(_PARTNERS)
    form = ConsoleForm(request.form)
    days, test = form.whole("days"), form["test"] == "yes"

    def make() -> FlaskResponse:
        with deps().db.transaction() as tx:
            until = tx.now + timedelta(days=days) if days in OVERLAPS else None
            made, approval = duties.rotate_secret(tx, name, until, test=test)
        return _secret(name, made.secret, name, approval)

    return make_once(make)


@blueprint.post("/partners/<name>/secrets/<int:secret_id>/end", endpoint="partner_secret_end")
@access.signed_in_to_act(_PARTNERS, where=Where.FEDERATION)
def end_secret(name: str, secret_id: int) -> Response:
    """End a signing secret with effect from the next request."""

    def do(tx: Tx, caller: Caller) -> None:
        registered.end_secret(tx, name, secret_id, caller.name)

    return act(_PARTNERS, url_for("console.partner", name=name), do, _("密钥已停用。"))
