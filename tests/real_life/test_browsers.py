"""WeChat's own browser, links that scanners open, and cookies switched off. Amounts are fen."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask, url_for
from werkzeug.test import TestResponse

from app.http.declarations import Audience, access_of
from campaigns.donations.view import DonationView
from tests.api.client import application
from tests.payments.servers import Server
from tests.web.conftest import app, clock, reader, world
from tests.web.reader import Reader, forms, text
from tests.world import World

__all__ = ["app", "clock", "reader", "world"]

WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.43"


def in_wechat(app: Flask, world: World) -> Reader:
    http = app.test_client()
    http.environ_base["HTTP_USER_AGENT"] = WECHAT
    return Reader(http, world)


def test_wechats_own_browser_says_what_works_before_anything_is_held(app: Flask, world: World) -> None:
    reader = in_wechat(app, world)
    page = text(reader.open(reader.form_page))
    assert "您在微信里打开了本页，这里能用：银行卡。要用支付宝、微信支付，请先点右上角“···”" in page
    assert (
        "You opened this page inside WeChat. You can pay here with: bank card. For Alipay, WeChat Pay, first tap"
        in text(reader.open(f"{reader.form_page}?lang=en"))
    )
    reader.open(f"{reader.form_page}?lang=zh")
    page = text(reader.send(reader.form_page, chip="10000"))
    assert "去支付" in page and "这里能用：银行卡" in page, "a link to the held donation may be opened there too"


def test_other_browsers_show_no_hint_about_wechat(reader: Reader) -> None:
    assert "微信里打开" not in reader.open(reader.form_page)


@pytest.mark.parametrize(("works", "says"), [("none", "这里不能付款"), ("card,alipay,wechat_pay", "")])
def test_payment_methods_inside_wechat_are_a_setting(
    world: World, database_url: str, cashier: Server, works: str, says: str
) -> None:
    page = in_wechat(application(database_url, world.deps, STRIPE_METHODS_IN_WECHAT=works), world)
    shown = page.open(page.form_page)
    assert says in shown and ("微信里打开" in shown) == bool(says)


def everything(world: World) -> dict[str, Any]:
    """What the database holds, table by table."""
    named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    tables = world.do(lambda tx: [row[0] for row in tx.rows(named)])
    content = "SELECT md5(string_agg(t\\:\\:text, '' ORDER BY t\\:\\:text)) FROM {} AS t"
    return {table: world.do(lambda tx, t=table: tx.scalar(content.format(f'"{t}"'))) for table in tables}


def donor_addresses(app: Flask, world: World, donation: UUID) -> list[str]:
    """Every address that a donor's link can have, with everything that it may carry."""
    token = world.deps.keys.token(str(donation))
    values = {"slug": world.slug, "project_id": world.projects[0], "donation_id": donation, "pot_id": 1}
    addresses = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            declared = access_of(app, rule.endpoint)
            if declared is None or declared.audience not in (Audience.PUBLIC, Audience.DONOR_LINK):
                continue
            if "GET" not in (rule.methods or ()) or rule.endpoint.split(".")[0] != "web":
                continue
            if not rule.arguments <= set(values):
                continue
            path = url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})
            carried = f"left=1&trouble=payment_unavailable&replaces={donation}&replaces_token={token}"
            addresses.append(f"{path}?token={token}&{carried}")
    return addresses


def test_links_that_scanners_and_previews_open_change_nothing(app: Flask, reader: Reader, world: World) -> None:
    world.pot(1_000_00)
    reader.give(chip="10000")
    held = UUID(str(reader.page.request.path).split("/d/")[1])
    paid: DonationView = world.pay(world.give(50_00))
    before = everything(world)
    crawler = app.test_client()
    addresses = {address for donation in (held, paid.id) for address in donor_addresses(app, world, donation)}
    assert any(address.startswith("/d/") for address in addresses) and any(
        "/donate/" in target for target in addresses
    )
    for address in sorted(addresses):
        for method in ("GET", "HEAD"):
            assert crawler.open(address, method=method).status_code < 500, address
    assert everything(world) == before
    assert world.view(held).status == "paying"
    for verb in ("go", "cancel", "refund-requests"):
        assert crawler.get(f"/d/{held}/{verb}?token={world.deps.keys.token(str(held))}").status_code == 405


def post_without_cookies(app: Flask, reader: Reader, path: str, **headers: str) -> TestResponse:
    """Open the form and send it with a browser that keeps no cookies."""
    http = app.test_client(use_cookies=False)
    page = http.get(path).text
    where, fields = next(form for form in forms(page) if form[0].endswith(path))
    return http.post(where, data=fields, headers=headers)


def test_without_cookies_the_giving_flow_works(app: Flask, reader: Reader, world: World) -> None:
    world.pot(1_000_00)
    made = post_without_cookies(app, reader, reader.form_page, Origin="http://localhost")
    assert made.status_code == 303 and "/d/" in made.headers["Location"]
    http = app.test_client(use_cookies=False)
    page = http.get(made.headers["Location"]).text
    assert "配捐，先留着 100.00" in text(page)
    where, fields = next(form for form in forms(page) if form[0].endswith("/go"))
    gone = http.post(where, data=fields, headers={"Referer": "http://localhost/d/1"})
    assert gone.status_code == 303 and "/pay/cs_" in gone.headers["Location"]
    world.check()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Referer": "http://localhost.evil.example/"}],
)
def test_without_cookies_and_origin_the_page_says_plainly_what_to_do(
    app: Flask, reader: Reader, world: World, headers: dict[str, str]
) -> None:
    refused = post_without_cookies(app, reader, reader.form_page, **headers)
    page = text(refused.text)
    assert refused.status_code == 400 and reader.donations() == 0
    assert "请允许 Cookie 后再试" in page and "没有产生捐赠，也没有扣款" in page and "回到表单" in page
    assert f'href="{reader.form_page}"' in refused.text
    english = app.test_client(use_cookies=False).post(f"{reader.form_page}?lang=en", data={})
    assert "Please allow cookies and try again" in text(english.text)


def test_with_a_session_a_foreign_form_is_refused_whatever_its_origin(reader: Reader) -> None:
    reader.open(reader.form_page)
    page = reader.send(reader.form_page, 400, csrf_token="forged")
    assert "页面放久了" in page and "回到表单" in page and reader.donations() == 0


def test_the_console_explains_that_it_needs_cookies(app: Flask, world: World) -> None:
    http = app.test_client(use_cookies=False)
    refused = http.post("/console/sign-in", data={"login": "x"}, headers={"Origin": "http://localhost"})
    assert refused.status_code == 400 and "请允许 Cookie 后再试" in refused.text
