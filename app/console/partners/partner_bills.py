"""A platform's bills: those of a day beside its events; how they are fetched, and the result of each day."""

from datetime import date

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import partners as duties
from app.console.blueprint import act, blueprint, said_of
from app.console.forms import ConsoleForm
from app.console.written import require_seen_at, seen_at
from app.current import deps
from app.http import access
from app.http.scope import Where
from app.i18n.giving_labels import BILL_KINDS, BILL_STATES, BILL_WAITS
from app.i18n.labels import CAUSES
from app.web.blueprint import requested_page
from campaigns.closing.reconciliation.bill_differences import (
    day_differences,
    lines_of,
    missing_bills,
    reconciled_as,
)
from campaigns.imports import fetch_bills
from campaigns.intake.door_donations import day_of, day_sums
from campaigns.network.roles import Caller, Permission
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Invalid, Refusal, fault
from payments.bills.bill_accounts import NewAccount
from payments.bills.bill_sources import kinds_of
from payments.mappings.mapping_models import BillAccount, PartnerMapping
from payments.mappings.partner_mappings import MOST_KEY, MOST_WORD
from payments.partners import partners

_PARTNERS = Permission.PARTNERS_WRITE
PAGE_SIZE = 50  # differences
Answer = str | Response | tuple[str, int]


@blueprint.get("/partners/<name>/bills/<day>", endpoint="partner_bill")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def show_bill(name: str, day: str) -> str:
    """Show the sums of a platform's bills for a day, and one page of how they differ from its events."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        partner = partners.known(tx, name)
        source, date_ = f"partner:{name}", day_of(day)
        lines = lines_of(tx, source, date_)
        differences, total = day_differences(tx, source, date_, lines, page)
        reconciled = reconciled_as(tx, name, differences)
        sums = day_sums(tx, name, date_)
        missing = missing_bills(tx, source, date_)
    return render_template(
        "console/partner_bill.html",
        partner=partner,
        day=date_,
        lines=lines,
        charged=[line.amount_minor for line in lines if line.kind == "charge"],
        differences=list(zip(differences, reconciled, strict=True)),
        missing=missing,
        total=total,
        page=page,
        sums=sums,
        CAUSES=CAUSES,
    )


@blueprint.get("/partners/<name>/bills", endpoint="partner_bills")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def show_bills(name: str) -> str:
    """Show the credentials for fetching bills, the result of each day, and the forms to change them."""
    return _page(name, ConsoleForm({}))


def _page(name: str, form: ConsoleForm) -> str:
    with deps().db.transaction() as tx:
        partner = partners.known(tx, name)
        account, mapping = tx.get(BillAccount, name), tx.get(PartnerMapping, name)
        bills, today = fetch_bills.bills_of(tx, name), local_day(tx.now)
    seen = seen_at(account.changed_at if account else None)
    scheme = mapping.document["verify"]["scheme"] if mapping else ""
    return render_template(
        "console/partner_bills.html",
        partner=partner,
        account=account,
        bills=bills,
        fetchable=bool(kinds_of(scheme)),
        with_serial=scheme == "wechatpay_v3",
        today=today,
        most={"key": MOST_KEY, "word": MOST_WORD},
        form=form,
        seen=form["seen"] if "seen" in form.data and not form.overtaken else seen,
        BILL_KINDS=BILL_KINDS,
        BILL_STATES=BILL_STATES,
        BILL_WAITS=BILL_WAITS,
    )


@blueprint.post("/partners/<name>/bills/account", endpoint="partner_bill_account")
@access.signed_in_to_act(_PARTNERS, where=Where.FEDERATION)
def set_account(name: str) -> Answer:
    """Set or end the credentials for fetching bills. After a refusal the typed values stay, except the key."""
    form = ConsoleForm(request.form)
    back = url_for("console.partner_bills", name=name)
    if form.verb == "end":
        return act(
            _PARTNERS,
            back,
            lambda tx, caller: fetch_bills.end_account(tx, name, caller.name),
            _("不再下载，密钥已删除。"),
        )
    try:
        new = NewAccount(form["key_id"].strip(), request.form.get("private_key", "").strip(), _day(form["since"]))
        with deps().db.transaction() as tx:
            _require_seen(tx, name, form)
            tx.rehearse(lambda: fetch_bills.set_account(tx, deps().keys, name, new, access.actor()))
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(name, form), 422

    def do(tx: Tx, _caller: Caller) -> str | None:
        _require_seen(tx, name, form)
        return said_of(duties.set_bill_account(tx, name, new))

    return act(_PARTNERS, back, do, _("已保存，密钥不再显示。账单每天十点以后下载。"))


@blueprint.post("/partners/<name>/bills/fetch", endpoint="partner_bill_fetch")
@access.signed_in_to_act(Permission.RECONCILE, where=Where.FEDERATION)
def fetch_now(name: str) -> Response:
    """Request the bills of a day. A job fetches them, and the list shows the result."""
    day = ConsoleForm(request.form)["day"]

    def do(tx: Tx, caller: Caller) -> None:
        fetch_bills.ask_for_day(tx, deps().keys, name, _day(day), caller.name)

    return act(
        Permission.RECONCILE, url_for("console.partner_bills", name=name), do, _("一两分钟后下载，结果见下表。")
    )


def _require_seen(tx: Tx, name: str, form: ConsoleForm) -> None:
    account = tx.get(BillAccount, partners.known(tx, name, lock=True).name, lock=True)
    changed_at = account.changed_at if account else None
    require_seen_at(tx, f"partner:{name}", form, changed_at, action="partner.bill_account")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid("day_invalid", fields={"since": fault("not_a_date")}) from error
