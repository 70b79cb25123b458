"""The donor's token leaves the address at the first visit; without cookies a pass opens the page for a while."""

import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.http.donor_cookie import VISIT_S
from campaigns.donations.open_payment import RETURN_WITHIN, order_of
from campaigns.donations.view import DonationView
from campaigns.donations.visit_pass import is_valid, visit_pass
from tests.web.reader import Reader, forms, text
from tests.world import World


@pytest.fixture
def donation(world: World) -> DonationView:
    return world.give(50_00)


@pytest.fixture
def link(world: World, donation: DonationView) -> str:
    return f"/d/{donation.id}?token={world.deps.keys.token(str(donation.id))}"


@pytest.fixture
def bare(donation: DonationView) -> str:
    return f"/d/{donation.id}"


def places(http: FlaskClient, path: str) -> list[str]:
    """The addresses to which a GET leads, one redirect after the other."""
    addresses = [path]
    while (response := http.get(addresses[-1])).status_code == 303:
        addresses.append(response.headers["Location"])
        assert len(addresses) < 5
    assert response.status_code == 200
    return addresses[1:]


def test_the_token_is_exchanged_for_a_cookie_of_this_donation(app: Flask, link: str, bare: str) -> None:
    http = app.test_client()
    first, last = places(http, link)
    assert first.startswith(f"{bare}?visit=") and last == bare, "the first request showed no cookie yet"
    cookie = http.get_cookie("donation", path=bare)
    assert cookie and cookie.http_only and cookie.same_site == "Lax" and cookie.path == bare
    assert http.get(bare).status_code == 200
    assert places(http, link) == [bare]
    assert places(http, f"{link}&lang=en&left=1") == [f"{bare}?lang=en&left=1"]
    other = app.test_client()
    other.set_cookie("donation", cookie.value)
    assert other.get(f"/d/{uuid4()}").status_code == 404, "it opens its own donation only"
    assert app.test_client().get(bare).status_code == 404


def test_a_wrong_token_opens_nothing_even_beside_the_cookie(app: Flask, link: str, bare: str) -> None:
    http = app.test_client()
    places(http, link)
    for value in ("dt_wrong", "", "\x80", "x" * 5_000):
        assert http.get(bare, query_string={"token": value}).status_code == 404
    assert http.get(bare, query_string={"visit": "nonsense"}).status_code == 303, "the cookie is enough"


def test_no_address_of_the_whole_way_holds_a_token(app: Flask, reader: Reader, world: World) -> None:
    world.pot(1_000_00)
    page = reader.give(chip="10000")
    donation = UUID(reader.page.request.path.split("/d/")[1])
    assert not reader.page.request.query_string
    token = world.deps.keys.token(str(donation))
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', page)
    held = [address for address in addresses if token in address]
    assert held == [f"{world.deps.public_url}/d/{donation}?token={token}"], "only the link to keep"
    with world.db.transaction() as tx:
        order = order_of(world.deps, world.view(donation), "zh")
        assert tx.scalar("SELECT count(*) FROM donation") == 1
    for url in (order.success_url, order.cancel_url):
        assert "token" not in url and token not in url
    changed = next(address for address in addresses if "replaces=" in address).replace("&amp;", "&")
    form_page = reader.open(changed)
    fields = next(form[1] for form in forms(form_page) if form[0].startswith("/donate/"))
    assert fields["replaces_token"] == token and fields["replaces"] == str(donation)


def test_the_return_link_opens_the_donation_in_another_browser(
    app: Flask, world: World, donation: DonationView, bare: str
) -> None:
    order = order_of(world.deps, donation, "zh")
    back, left = (url.removeprefix(world.deps.public_url) for url in (order.success_url, order.cancel_url))
    assert order_of(world.deps, donation, "zh") == order, "the same each time: it goes by an idempotency key"
    fresh = app.test_client()
    assert fresh.get(back).status_code == 200
    assert places(fresh, left) == [f"{bare}?left=1"], "the first page set a cookie"
    assert app.test_client(use_cookies=False).get(left).status_code == 200
    world.clock.advance(seconds=world.deps.limits.reservation_most_s + RETURN_WITHIN.total_seconds())
    assert app.test_client().get(back).status_code == 404
    assert fresh.get(bare).status_code == 200


def test_without_cookies_a_pass_opens_the_page_and_its_forms_for_an_hour(
    app: Flask, world: World, link: str, bare: str
) -> None:
    http = app.test_client(use_cookies=False)
    (address,) = places(http, link)
    assert set(parse_qs(urlsplit(address).query)) == {"visit"}
    where, fields = next(form for form in forms(http.get(address).text) if form[0].endswith("/cancel"))
    cancelled = http.post(where, data=fields, headers={"Origin": "http://localhost"})
    assert cancelled.headers["Location"].startswith(f"{bare}?visit=")
    assert "已取消" in text(http.get(cancelled.headers["Location"]).text)
    world.clock.advance(seconds=VISIT_S + 60)
    assert http.get(address).status_code == 404


def test_a_pass_is_signed_for_its_donation_and_its_end(world: World, donation: DonationView) -> None:
    keys, until = world.deps.keys, 2_000_000_000
    good = visit_pass(keys, donation.id, until)
    assert is_valid(keys, donation.id, good, until - 1) and not is_valid(keys, donation.id, good, until)
    signature = good.partition(".")[2]
    for forged in (
        f"{until + 1}.{signature}",
        f"{until}.{keys.token(str(donation.id))}",
        f"{until}.",
        "",
        ".",
        "9" * 5_000,
    ):
        assert not is_valid(keys, donation.id, forged, 0)
    assert not is_valid(keys, uuid4(), good, 0)
    assert "dt_" + signature != keys.token(str(donation.id))
