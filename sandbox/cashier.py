"""The cashier's page behind Checkout, and a small dashboard. Plain forms: no JavaScript."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox.instruments import chosen
from sandbox.payments import Payments
from sandbox.store import Store
from sandbox.wire import ApiError

_HERE = Path(__file__).parent / "templates"
_CHINA = ZoneInfo("Asia/Shanghai")
METHOD_NAMES = {
    "card": ("银行卡", "Card"),
    "alipay": ("支付宝", "Alipay"),
    "wechat_pay": ("微信支付", "WeChat Pay"),
}


def yuan(amount: int) -> str:
    """Return fen as yuan with two decimals."""
    return f"{amount // 100:,}.{amount % 100:02d}"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, _CHINA).strftime("%m-%d %H:%M:%S")


class Cashier:
    """The callable behind `/pay/...` and `/`."""

    def __init__(self, store: Store, payments: Payments) -> None:
        self._store = store
        self._payments = payments
        self._pages = Environment(loader=FileSystemLoader(_HERE), autoescape=True)
        self._pages.filters |= {"yuan": yuan, "clock": _clock}
        self._pages.globals["method_names"] = METHOD_NAMES

    def __call__(self, request: Request) -> Response:
        """Show a page, or do what its button says."""
        if request.path == "/":
            return self._dashboard()
        id_ = request.path.removeprefix("/pay/")
        try:
            session = self._store.get("checkout.session", id_)
            if request.method != "POST":
                return self._page(session)
            return self._press(session, request)
        except ApiError as refusal:
            if refusal.status == 404:
                return self._render("gone.html", 404)
            return self._page(self._store.get("checkout.session", id_), str(refusal))

    def _press(self, session: dict[str, Any], request: Request) -> Response:
        form = request.form
        button = form.get("do", "")
        if button == "leave":
            return redirect(session["cancel_url"] or f"/pay/{session['id']}", 303)
        means = chosen(
            form.get("method", "card"),
            form.get("card", ""),
            form.get("account", ""),
            "generic_decline" if button == "decline" else None,
        )
        if button == "late":
            seconds = float(_seconds(form.get("seconds", "")))
            self._payments.pay_later(session["id"], means, seconds, form.get("as") == "processing")
            return redirect(_filled(session), 303)
        if button not in ("pay", "decline"):
            raise ApiError(400, "请选择一个按钮 Choose a button")
        intent = self._payments.pay(session["id"], means)
        if intent["status"] == "succeeded":
            return redirect(_filled(session), 303)
        return self._page(self._store.get("checkout.session", session["id"]), "支付被拒绝 Payment declined")

    def _page(self, session: dict[str, Any], fault: str | None = None) -> Response:
        if session["status"] != "open":
            return self._render("closed.html", 200, session=session)
        return self._render("pay.html", 402 if fault else 200, session=session, fault=fault)

    def _dashboard(self) -> Response:
        rows = self._store.rows("SELECT body FROM objects WHERE kind = 'payment_intent' ORDER BY seq DESC LIMIT 50")
        deliveries = self._store.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
        return self._render(
            "dashboard.html",
            200,
            intents=[json.loads(row["body"]) for row in rows],
            deliveries={row["state"]: row["n"] for row in deliveries},
        )

    def _render(self, name: str, status: int, **values: Any) -> Response:
        page = self._pages.get_template(name).render(**values)
        response = Response(page, status, mimetype="text/html")
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        response.headers["Cache-Control"] = "no-store"
        return response


def _seconds(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or not 0 <= int(text[:7]) <= 86_400:
        raise ApiError(400, "秒数应为 0 至 86400 Seconds: 0 to 86400")
    return int(text[:7])


def _filled(session: dict[str, Any]) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
