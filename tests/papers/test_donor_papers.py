"""Certificate and poster of a donor: theirs alone, and only for a gift that was paid and kept."""

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from app.papers.donor import Thanked, certificate_values, poster_values, thanked
from app.papers.fonts import drawable
from app.papers.press import Form, draw
from app.papers.words import yuan_text
from campaigns.disclosure.campaigns import entry_if_any, public_campaign
from campaigns.donations.donors.contact import Donor
from campaigns.donations.view import DonationView, donation_view
from kernel.errors import Conflict
from tests.papers.test_pictures import NASTY, size
from tests.web.reader import Reader
from tests.world import World

ADDRESS = "https://give.example.org"


def opened(reader: Reader, donation: DonationView) -> FlaskClient:
    """The donor's browser, which has the cookie of the donation."""
    reader.open(f"/d/{donation.id}?token={reader.world.deps.keys.token(str(donation.id))}")
    return reader.http


def paper(world: World, donation: DonationView, name: str = "") -> Thanked:
    """What there is to thank for now."""
    with world.db.snapshot() as tx:
        campaign = public_campaign(tx, world.slug)
        project = entry_if_any(tx, campaign.id, donation.project_id)
        return thanked(donation_view(tx, donation.id), campaign, name, project=project)


def sentences(world: World, donation: DonationView) -> str:
    paragraphs = certificate_values(paper(world, donation))["paragraphs"]
    return "|".join(text for paragraph in paragraphs for text, _strong in paragraph)


def pages(pdf: bytes) -> list[str]:
    """The text of each page, as a reader copies it."""
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def test_papers_are_drawn_for_the_donor_alone(reader: Reader, world: World) -> None:
    world.pot(500_00)
    paid = world.pay(world.give(66_60, donor=Donor(name="小满")))
    for path in ("certificate.pdf", "certificate.png", "poster.png"):
        assert reader.http.get(f"/d/{paid.id}/{path}").status_code == 404
    browser = opened(reader, paid)
    pdf = browser.get(f"/d/{paid.id}/certificate.pdf")
    (text,) = pages(pdf.data)
    for part in ("感谢状", "小满", "捐了66.60元", "配捐66.60元", "133.20元", "不是公益事业捐赠票据", "洛阳市"):
        assert part in text
    assert "小满" not in pages(browser.get(f"/d/{paid.id}/certificate.pdf?name=no").data)[0]
    assert pdf.mimetype == "application/pdf"
    assert pdf.headers["Cache-Control"] == "no-store"
    assert size(browser.get(f"/d/{paid.id}/certificate.png").data) == (1240, 1754)
    assert size(browser.get(f"/d/{paid.id}/poster.png?name=yes").data) == (750, 1334)
    assert f"/d/{paid.id}/certificate.pdf" in reader.page.text


def test_an_unpaid_gift_has_none_and_a_returned_one_has_them_no_more(reader: Reader, world: World) -> None:
    donation = world.give(100_00)
    browser = opened(reader, donation)
    assert browser.get(f"/d/{donation.id}/certificate.pdf").status_code == 409
    assert "/certificate." not in reader.page.text
    world.refund(world.pay(donation), 100_00)
    assert browser.get(f"/d/{donation.id}/certificate.pdf").status_code == 409
    assert browser.get(f"/d/{donation.id}/poster.png").status_code == 409
    with pytest.raises(Conflict, match="paper_withdrawn"):
        paper(world, donation)


def test_a_refund_changes_the_certificate(app: Flask, world: World) -> None:
    world.pot(500_00)
    paid = world.pay(world.give(100_00))
    with app.test_request_context():
        assert "|100 元|，专项基金为您配捐|100 元|，村里一共收到|200 元|" in sentences(world, paid)
        world.refund(paid, 40_00)
        assert "|60 元|，专项基金为您配捐|60 元|，村里一共收到|120 元|" in sentences(world, paid)
        assert "原捐|100 元|，其中|40 元|已退回。" in sentences(world, paid)


def test_the_poster_links_to_the_project_and_names_no_donor(app: Flask, world: World) -> None:
    paid = world.pay(world.give(100_00, donor=Donor(name="小满", phone="13800138000")))
    with app.test_request_context():
        values = poster_values(paper(world, paid), ADDRESS)
    text = str(values)
    assert values["lead"] == "我捐了" and values["sum"] == "100"
    for secret in (str(paid.id), world.deps.keys.token(str(paid.id)), "小满", "13800138000"):
        assert secret not in text


def test_the_poster_says_what_the_project_still_needs(app: Flask, world: World) -> None:
    paid = world.pay(world.give(100_00))
    thanks = paper(world, paid)
    assert thanks.project
    missing = thanks.project.target_minor - 100_00
    full = thanks.project._replace(raised_minor=thanks.project.target_minor)
    with app.test_request_context():
        assert poster_values(thanks, ADDRESS)["missing"] == [("还差 ", False), (yuan_text(missing), True)]
        assert poster_values(thanks._replace(project=full), ADDRESS)["missing"] == [("已筹满，谢谢", False)]
        left = poster_values(thanks._replace(project=None), ADDRESS)  # the project has left the campaign
        assert left["missing"] == [("已有 1 人一起捐", False)]


def test_a_poster_without_match_names_no_half_of_match(app: Flask, world: World) -> None:
    world.pot(1_00)
    matched = world.pay(world.give(1_00))
    alone = world.pay(world.give(20_00, donor=Donor(email="b@example.org"), accept_unmatched=True))
    with app.test_request_context():
        assert poster_values(paper(world, matched), ADDRESS)["added"] == "配捐的"
        assert poster_values(paper(world, alone), ADDRESS)["added"] == ""


def test_any_name_fits_on_the_page_as_text(app: Flask, world: World) -> None:
    paid = world.pay(world.give(100_00))
    for name in (*NASTY, "张 " * 40):
        with app.test_request_context("/?lang=en"):
            values = certificate_values(paper(world, paid, name))
        (text,) = pages(draw("certificate", values, Form.PDF))
        assert "100yuan" in text and "notadonationreceipt" in text, name
        assert "".join(drawable(name, 80).split()) in text or name.startswith("ئ"), name
