"""Refund a donation in full or in part, refund all of its donor, or record a gift that was given back."""

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.console.effects import Change, Typed, amount_of, effect_page
from app.current import deps
from app.http import access, scope
from app.i18n.refusals.refusals import code_text
from campaigns.closing.give_back import mark_given_back
from campaigns.donations.donation_number import short_number_of
from campaigns.donations.refunds.refund_donor import refund_donor
from campaigns.donations.refunds.refund_effect import refundable, request_with_effect
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.money import yuan

Make = Callable[[Tx, Typed], Sequence[str]]


@blueprint.route("/donations/<uuid:donation_id>/refunds", methods=["GET", "POST"])
@access.signed_in(Permission.DONATIONS_REFUND)
def refund(donation_id: UUID) -> str | Response:
    """Request a full or partial refund of a donation."""

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        amount_minor = amount_of(typed.form)
        effect = request_with_effect(tx, donation_id, amount_minor, typed.reason, typed.caller.name)
        match = _("配捐随之退回 %(amount)s 元。", amount=yuan(effect.match_minor))
        return [
            _("退给捐赠人 %(amount)s 元，原路退回。", amount=yuan(effect.refunded_minor)),
            _("这笔捐赠还剩 %(amount)s 元。", amount=yuan(effect.left_minor)),
            match if effect.match_minor else _("没有配捐要退回。"),
        ]

    def facts(tx: Tx) -> Sequence[str]:
        return [_("现在最多能退 %(amount)s 元。", amount=yuan(refundable(tx, donation_id)))]

    title, done = _("退款"), _("退款已提交，支付平台确认后生效。")
    change = _change(donation_id, title, _("确认退款"), done, make, "donation.refund")
    return effect_page(change._replace(amount=_("退多少（元）"), facts=facts))


@blueprint.route("/donations/<uuid:donation_id>/refund-all-of-donor", methods=["GET", "POST"])
@access.signed_in(Permission.DONATIONS_REFUND)
def refund_all_of_donor(donation_id: UUID) -> str | Response:
    """Request refunds of all donations of the donor to the caller's branch in the campaign."""

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        who = typed.reason, typed.caller.name
        refunds, skipped = refund_donor(tx, donation_id, *who, scope.branch())
        if not refunds:
            raise Conflict(skipped[0].refused if skipped else "not_refundable", left_minor=0)
        amount = yuan(sum(refund.amount_minor for refund in refunds))
        kept = [
            _("%(donation)s 不退：%(why)s", donation=short_number_of(each.donation_id), why=code_text(each.refused))
            for each in skipped
        ]
        figures = {"count": len(refunds), "amount": amount}
        return [
            _("这位捐赠人在本活动的 %(count)s 笔捐赠，共 %(amount)s 元，全部原路退款；配捐随之退回。", **figures),
            *kept,
        ]

    title, done = _("退回这位捐赠人的全部捐赠"), _("退款已提交，支付平台确认后生效。")
    change = _change(donation_id, title, _("确认全部退款"), done, make, "donation.refund_donor")
    return effect_page(change._replace(arguments=scope.confinement()))


@blueprint.route("/donations/<uuid:donation_id>/given-back", methods=["GET", "POST"])
@access.signed_in(Permission.DONATIONS_REFUND)
def given_back(donation_id: UUID) -> str | Response:
    """Record that the partner or the federation gave back a gift of a cancelled campaign."""

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        amount_minor = mark_given_back(tx, deps(), donation_id, typed.reason, typed.caller.name)
        return [
            _("记为已由平台或主办方退回 %(amount)s 元，账上同时冲回。", amount=yuan(amount_minor)),
            _("系统不会再退款，请确认捐赠人已经收到。"),
        ]

    words = _("登记已退回"), _("确认已退回"), _("已登记。")
    return effect_page(_change(donation_id, *words, make, "donation.given_back"))


def _change(donation_id: UUID, title: str, button: str, done: str, make: Make, act: str) -> Change:
    back = url_for("console.donation", donation_id=donation_id)
    about = _("捐赠记录") + " " + short_number_of(donation_id)
    change = Change(Permission.DONATIONS_REFUND, title, about, back, make, button, done)
    return change._replace(act=act, subject=donation_id)
