"""Cancel a campaign that has not ended, withdraw its listing or a project, or put match on hold. Each effect is
previewed."""

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.console.effects import Change, Typed, effect_page
from app.current import deps
from app.http import access
from app.i18n.locale import counted
from campaigns.closing import cancel as cancelling
from campaigns.closing import withdraw
from campaigns.closing.cancel import GivingBack
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.listing import restore_listing, withdraw_listing
from campaigns.lifecycle.phases import Phase
from campaigns.network.roles import Permission
from campaigns.projects.projects import find
from campaigns.screening.freeze import hold_project_match
from kernel.db import Tx
from kernel.money import yuan


@blueprint.route("/campaigns/<slug>/cancel", methods=["GET", "POST"])
@access.signed_in(Permission.CAMPAIGNS_WRITE)
def cancel(slug: str) -> str | Response:
    """Cancel the campaign. If it takes donations, all of them are given back."""

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        return _cancelled(cancelling.cancel(tx, slug, typed.reason, typed.caller.name))

    name, phase = _campaign(slug)
    change = Change(
        Permission.CAMPAIGNS_WRITE,
        _("取消活动"),
        name,
        url_for("console.campaign", slug=slug),
        make,
        _("确认取消活动"),
        _("活动已取消。"),
        act="campaign.cancel",
        subject=slug,
        live=True,
    )
    return effect_page(change._replace(word=slug) if phase == Phase.OPEN else change)


@blueprint.route(
    "/campaigns/<slug>/listing/<any(withdraw, restore):verb>", methods=["GET", "POST"], endpoint="campaign_listing"
)
@access.signed_in(Permission.CAMPAIGNS_WRITE)
def listing(slug: str, verb: str) -> str | Response:
    """Stop donations because the filing or listing was withdrawn, or resume them, which needs a second person."""

    def withdraw(tx: Tx, typed: Typed) -> Sequence[str]:
        withdraw_listing(tx, slug, typed.reason, typed.caller.name)
        return [
            _("活动马上停止接受新的捐赠，公众页面写明原因；正在付款的可以付完。"),
            _("已经捐的钱和配捐都不动。合作平台已经收下的捐赠照样入账。"),
        ]

    def restore(tx: Tx, typed: Typed) -> Sequence[str]:
        restore_listing(tx, slug, typed.reason, typed.caller.name)
        return [_("活动重新接受捐赠，停止的原因从公众页面撤下，留在操作记录里。")]

    change = Change(
        Permission.CAMPAIGNS_WRITE,
        _("备案或公示撤下"),
        _campaign(slug)[0],
        url_for("console.campaign", slug=slug),
        withdraw,
        _("停止接受捐赠"),
        _("已停止接受捐赠。"),
    )
    if verb == "restore":
        again = {"title": _("恢复接受捐赠"), "make": restore, "button": _("恢复接受捐赠"), "done": _("已恢复。")}
        change = change._replace(**again, act="campaign.restore_listing", subject=slug)
    return effect_page(change)


def _cancelled(left: GivingBack) -> list[str]:
    sentences = [_("活动马上停止接受捐赠，不能恢复。")]
    if left.unpaid:
        sentences.append(counted("%(count)s 笔未付款的捐赠取消，预留的配捐放回。", left.unpaid))
    if left.paid:
        figures = {"count": left.paid, "amount": yuan(left.paid_minor), "donors": left.donors}
        sentences.append(_("%(donors)s 位捐赠人已付的 %(count)s 笔共 %(amount)s 元全部退回。", **figures))
    if left.refunding:
        figures = {"count": left.refunding, "amount": yuan(left.refunding_minor)}
        sentences.append(
            _("其中 %(count)s 笔 %(amount)s 元由系统原路退款，捐赠人在自己的捐赠页上看到。", **figures)
        )
    if left.outside:
        figures = {"count": left.outside, "amount": yuan(left.outside_minor)}
        sentences.append(
            _("%(count)s 笔 %(amount)s 元来自合作平台或线下，系统退不了，须由平台或主办方退回。", **figures)
        )
    if left.failed:
        figures = {"count": left.failed, "amount": yuan(left.failed_minor)}
        sentences.append(_("%(count)s 笔 %(amount)s 元退款没有成功，须由人退回。", **figures))
    if left.disputed:
        sentences.append(_("%(count)s 笔正在争议中，由银行裁定。", count=left.disputed))
    sentences.append(_("配捐 %(amount)s 元和各池余额退回基金。", amount=yuan(left.match_minor)))
    return sentences


@blueprint.route("/campaigns/<slug>/projects/<int:project_id>/hold-match", methods=["GET", "POST"])
@access.signed_in(Permission.SCREEN)
def hold_match(slug: str, project_id: int) -> str | Response:
    """Put all captured match of a project on hold for review."""

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        name = find(tx, project_id).name
        held = hold_project_match(tx, slug, project_id, typed.reason, typed.caller.name)
        sentences = [
            _(
                "%(count)s 笔捐赠的 %(amount)s 元配捐暂缓计入，逐笔复核：%(project)s。",
                project=name,
                count=held.cases_opened,
                amount=yuan(held.held_minor),
            ),
            _("捐赠本身不受影响；以后的捐赠照常配捐，要停请暂停项目。"),
        ]
        if held.cases_decided:
            sentences.append(_("%(count)s 笔以前已复核，不再冻结。", count=held.cases_decided))
        return sentences

    change = Change(
        Permission.SCREEN,
        _("冻结项目的全部配捐"),
        _campaign(slug)[0],
        url_for("console.campaign", slug=slug),
        make,
        _("确认冻结"),
        _("配捐已暂缓，等待复核。"),
        live=True,
    )
    return effect_page(change)


@blueprint.route("/campaigns/<slug>/projects/<int:project_id>/withdraw", methods=["GET", "POST"])
@access.signed_in(Permission.CAMPAIGNS_WRITE, resource="slug")
def withdraw_entry(slug: str, project_id: int) -> str | Response:
    """Withdraw a project from the campaign if no donor has paid to it."""

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        name = find(tx, project_id).name
        cancelled = withdraw.withdraw_entry(tx, slug, project_id, typed.reason, typed.caller.name)
        sentences = [_("“%(project)s”退出本活动，公众页面不再显示，不再接受捐赠。", project=name)]
        if cancelled:
            sentences.append(counted("%(count)s 笔未付款的捐赠取消，预留的配捐放回。", cancelled))
        return sentences

    change = Change(
        Permission.CAMPAIGNS_WRITE,
        _("退出活动"),
        _campaign(slug)[0],
        url_for("console.campaign", slug=slug),
        make,
        _("确认退出"),
        _("项目已退出活动。"),
        live=True,
    )
    return effect_page(change)


def _campaign(slug: str) -> tuple[str, str]:
    """Return the name and phase of a campaign. Raises NotFound `campaign_unknown`."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        return campaign.name, campaign.phase
