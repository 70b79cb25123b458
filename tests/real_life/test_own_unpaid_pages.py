"""My own abandoned hold, on the pages and through the API. Amounts are fen."""

from uuid import UUID

import pytest

from tests.api.client import Api
from tests.real_life.test_own_unpaid import MAIL, holds
from tests.web.conftest import app, clock, reader, world
from tests.web.reader import Reader, text
from tests.world import World

__all__ = ["app", "clock", "reader", "world"]


@pytest.fixture
def abandoned(reader: Reader, world: World) -> str:
    """The address of a donation of 100.00 that went to the cashier; then Back, and the form again."""
    world.pot(1_000_00, donor=100_00)
    reader.give(chip="10000")
    return str(reader.page.request.full_path)


def test_an_unpaid_donation_of_the_same_donor_is_shown_first(reader: Reader, world: World, abandoned: str) -> None:
    page = text(reader.give(409, chip="5000"))
    assert "您有一笔还没付款的捐赠" in page and "100.00 元，已为您留出配捐 100.00 元，留到" in page
    assert all(words in page for words in ("继续付款", "换成这一笔", "两笔都捐", "上限一起算"))
    assert reader.donations() == 1
    assert abandoned in reader.page.text.replace("&amp;", "&")
    world.check()


def test_my_own_abandoned_hold_is_replaced_from_the_page(reader: Reader, world: World, abandoned: str) -> None:
    reader.give(409, chip="5000")
    assert "配捐，先留着 50.00" in text(reader.send(reader.form_page, replace="1"))
    page = text(reader.open(abandoned))
    assert "这一笔换成了新的" in page and "去看新的那一笔" in page
    holds(world)


def test_both_are_given_and_the_page_says_why_there_is_no_match(
    reader: Reader, world: World, abandoned: str
) -> None:
    reader.give(409, chip="5000")
    page = text(reader.send(reader.form_page, both="1"))
    assert "您还有 1 笔没付款的捐赠，占着 100.00 元配捐" in page and reader.donations() == 2
    holds(world)


def test_the_hold_page_changes_the_amount_in_one_step(reader: Reader, world: World) -> None:
    world.pot(1_000_00, donor=100_00)
    page = reader.give(chip="10000", email=MAIL, message="加油", name="王五")
    link = next(part for part in page.split('"') if "replaces=" in part).replace("&amp;", "&")
    form = reader.open(link)
    assert all(f'value="{typed}"' in form for typed in (MAIL, "王五")) and "加油" in form
    assert 'value="10000" checked' in form and "这一笔换掉" in form
    assert "配捐，先留着 50.00" in text(reader.send(reader.form_page, chip="5000"))
    holds(world)
    reader.http.delete_cookie("visitor")
    assert MAIL not in reader.open(link), "who was passed the link does not see the contact"


def test_a_contact_typed_in_another_browser_reveals_little(reader: Reader, world: World) -> None:
    world.pot(1_000_00, donor=100_00)
    old = world.give(77_00, email=MAIL)
    page = reader.give(409, chip="5000", email=MAIL)
    assert "在别处开始的" in page and "77.00" not in page and str(old.id) not in page and "换成" not in page
    assert "配捐，先留着 23.00" in text(reader.send(reader.form_page, both="1"))
    holds(world)


def test_a_form_sent_twice_does_not_meet_itself(reader: Reader, world: World, abandoned: str) -> None:
    reader.give(409, chip="5000")
    first_page = reader.page
    first = text(reader.send(reader.form_page, replace="1"))
    reader.page = first_page
    assert text(reader.send(reader.form_page, replace="1")) == first
    holds(world)


def test_too_little_match_keeps_what_is_to_be_replaced(reader: Reader, world: World) -> None:
    world.pot(100_00)
    reader.give(chip="10000")
    reader.give(409, chip="50000")
    assert "现在只能配捐一部分" in reader.send(reader.form_page, 409, replace="1")
    assert reader.donations() == 1
    assert "配捐，先留着 100.00" in text(reader.send(reader.form_page, accept="1"))
    holds(world)


def test_the_question_about_an_unpaid_donation_is_asked_in_english(
    reader: Reader, world: World, abandoned: str
) -> None:
    reader.open(reader.form_page + "?lang=en")
    page = text(reader.send(reader.form_page, 409, chip="5000"))
    assert "You have a donation that is still unpaid" in page and "Replace it with this one" in page
    assert "A match of 100.00 yuan is reserved for you until" in page


def test_programs_replace_with_tokens_and_read_why_a_cap_cut(reader: Reader, world: World) -> None:
    api = Api(reader.http, world)
    world.pot(1_000_00, donor=100_00)
    donor = {"donor": {"email": MAIL}, "accept_unmatched": True}
    old = api.give(100_00, **donor)
    cut = api.give(50_00, **donor)
    explanation = api.get(f"/donations/{cut['id']}/explanation", cut["token"]).get_json()
    assert explanation["own_unpaid"] == {"count": 1, "own_unpaid_minor": 100_00}
    assert "own_unpaid" not in api.get(f"/donations/{cut['id']}/explanation", api.token()).get_json()
    body = {"replaces": [{"id": old["id"], "token": cut["token"]}]}
    assert api.post("/donations", api.command(50_00, **donor, **body)).get_json()["code"] == "replaced_unknown"
    assert api.post("/donations", api.command(50_00, replaces=[{"id": old["id"]}])).status_code == 422
    right = api.command(50_00, **donor, replaces=[{"id": old["id"], "token": old["token"]}])
    answers = [api.post("/donations", right) for _ in range(2)]
    assert [response.status_code for response in answers] == [201, 200]
    assert answers[1].get_json()["match"]["reserved_minor"] == 50_00
    assert api.get(f"/donations/{old['id']}", old["token"]).get_json()["status"] == "cancelled"
    holds(world)


def test_a_donation_paid_meanwhile_is_not_replaced_and_the_form_is_kept(
    reader: Reader, world: World, abandoned: str
) -> None:
    reader.give(409, chip="5000")
    world.pay(UUID(abandoned.split("/d/")[1].split("?")[0]))
    page = reader.send(reader.form_page, 409, replace="1")
    assert "原来那笔已付款或正在付款，不能换" in page and 'value="5000" checked' in page
    assert "配捐 0.00" in text(reader.send(reader.form_page))
    assert world.totals().raised_minor == 100_00
    holds(world)
