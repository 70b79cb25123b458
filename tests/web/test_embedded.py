"""What other sites and machines see: the widget, QR codes, the site map, and the hall's screen."""

import re

import pytest

from campaigns.donations.donors.contact import Donor
from tests.web.reader import Reader, text
from tests.world import World


@pytest.mark.parametrize("path", ["/c/day/widget", "/c/day/p/1/widget"])
def test_the_widget_may_be_framed_and_sets_nothing(reader: Reader, world: World, path: str) -> None:
    world.pot(10_000_00)
    world.pay(world.give(66_00))
    page = reader.open(f"{path}?language=en")
    headers = reader.page.headers
    assert "frame-ancestors *" in headers["Content-Security-Policy"]
    assert "script" not in headers["Content-Security-Policy"] and "<script" not in page and "<form" not in page
    assert "Set-Cookie" not in headers and headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert 'lang="en"' in page and "132" in text(page) and 'target="_blank"' in page
    assert "frame-ancestors 'self'" in reader.http.get("/c/day").headers["Content-Security-Policy"]


def test_the_map_names_what_is_public_and_every_address_of_it_opens(reader: Reader, world: World) -> None:
    page = reader.open("/sitemap.xml")
    addresses = re.findall(r"<loc>http://[^/]+([^<]*)</loc>", page)
    assert {"/", "/c/day", f"/c/day/p/{world.projects[0]}", "/public/c/day"} <= set(addresses)
    for address in addresses:
        reader.open(address)
    assert "/sitemap.xml" in reader.open("/robots.txt") and "Disallow: /my" in reader.page.text


def test_the_screen_shows_gifts_code_and_what_is_left(reader: Reader, world: World) -> None:
    world.pot(1_000_00, name="市级池")
    world.pay(world.give(66_00, donor=Donor(name="张伟", publish_name=True)))
    page = reader.open("/c/day/screen")
    words = text(page)
    assert "132 元" in words and "张伟" in words and "+66" in words and "市级池" in words
    assert "/c/day/qr.svg" in page and reader.http.get("/c/day/qr.svg").mimetype == "image/svg+xml"
    assert 'x="66"' in page, "the bar shows what is left, at the right"


def test_after_the_end_the_sum_stays_with_thanks(reader: Reader, world: World) -> None:
    world.pay(world.give(66_00))
    world.do(lambda tx: tx.run("UPDATE campaign SET ends_at = :at", at=tx.now))
    page = text(reader.open("/c/day/screen"))
    assert "66 元" in page and "谢谢" in page and "扫码" not in page
