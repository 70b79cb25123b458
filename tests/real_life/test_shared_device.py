"""One shared device (a tablet at a stand) is not one donor when each leaves a contact. Amounts are fen."""

from uuid import UUID

import pytest

from campaigns.donations.donors.contact import Donor
from campaigns.donations.view import DonationView
from campaigns.screening import settings
from campaigns.screening.screen import screen
from campaigns.screening.thresholds import Thresholds
from tests.api.client import Api
from tests.screening.watched import card, case_of, codes
from tests.web.conftest import app, clock, reader, world
from tests.web.reader import Reader, text
from tests.world import World

__all__ = ["app", "clock", "reader", "world"]

TABLET = "tablet"


def at_the_tablet(world: World, donor: Donor | None = None, amount_minor: int = 100_00) -> DonationView:
    return world.pay(world.give(amount_minor, donor=donor or Donor(), visitor=TABLET))


def strict(world: World) -> None:
    world.do(settings.change, world.slug, {"device_donors": 2, "device_at_cap_count": 4}, Thresholds(), "li")


def test_each_who_leaves_a_contact_has_a_cap_of_their_own(world: World) -> None:
    world.pot(10_000_00, donor=100_00)
    donors = [Donor(phone=f"1380013800{n}") for n in range(4)] + [Donor(email="a@example.org")]
    assert [at_the_tablet(world, donor).captured_minor for donor in donors] == [100_00] * 5
    assert at_the_tablet(world, Donor(phone="+86 138 0013 8000")).captured_minor == 0, "the first one again"
    assert [at_the_tablet(world).captured_minor for _ in range(2)] == [100_00, 0], (
        "without contact the device remains"
    )
    assert world.totals().donors == 6
    world.check()


def test_a_queue_of_donors_with_their_own_contacts_and_cards_is_no_sign(world: World) -> None:
    world.pot(10_000_00, donor=100_00)
    strict(world)
    for number in range(8):
        donation = at_the_tablet(world, Donor(email=f"d{number}@example.org"))
        card(world, donation.id, f"card{number}")
    assert screen(world.deps) == 0
    world.clock.advance(minutes=5)
    assert screen(world.deps) == 0


@pytest.mark.parametrize("fingerprint", ["one", ""])
def test_many_contacts_with_one_card_or_an_unknown_one_are_a_sign(world: World, fingerprint: str) -> None:
    world.pot(10_000_00, donor=100_00)
    strict(world)
    honest = at_the_tablet(world, Donor(email="honest@example.org"))
    card(world, honest.id, "their own")
    farmed: list[UUID] = []
    for number in range(4):
        farmed.append(at_the_tablet(world, Donor(email=f"d{number}@example.org")).id)
        if fingerprint:
            card(world, farmed[-1], fingerprint)
    assert screen(world.deps) == 4
    assert "at_cap_device" in codes(case_of(world, farmed[0]))
    assert world.view(honest).held_minor == 0
    world.check()


def test_the_form_says_when_a_contact_would_help(reader: Reader, world: World) -> None:
    world.pot(10_000_00, donor=100_00)
    assert "没留联系方式的捐赠" not in reader.open(reader.form_page)
    first = UUID(str(_path(reader, chip="10000")).split("/d/")[1])
    assert "没留联系方式的捐赠" in reader.open(reader.form_page), "reserved match counts too"
    world.pay(first)
    page = reader.open(reader.form_page)
    assert "已用完每人配捐上限。如果您是另一位捐赠人，请填写手机号或邮箱" in page
    assert "<details open>" in page, "the fields for it are shown"
    assert "have used up the match cap of one donor" in reader.open(f"{reader.form_page}?lang=en")
    reader.open(f"{reader.form_page}?lang=zh")
    page = text(reader.send(reader.form_page, chip="10000", phone="13800138000"))
    assert "配捐，先留着 100.00" in page and "按设备合计上限" not in page
    world.check()


def _path(reader: Reader, **filled: str) -> str:
    reader.give(**filled)
    return str(reader.page.request.path)


def test_the_donations_page_and_the_api_say_it_where_the_cap_cut(reader: Reader, world: World) -> None:
    api = Api(reader.http, world)
    world.pot(10_000_00, donor_day=100_00)
    world.pay(UUID(_path(reader, chip="10000").split("/d/")[1]))
    cut = UUID(_path(reader, chip="5000").split("/d/")[1])
    assert "没留联系方式的捐赠按设备合计上限" in text(reader.page.text)
    token = world.deps.keys.token(str(cut))
    assert api.get(f"/donations/{cut}/explanation", token).get_json()["contact_would_help"] is True
    with_contact = world.give(200_00, email="a@example.org")
    token = world.deps.keys.token(str(with_contact.id))
    explanation = api.get(f"/donations/{with_contact.id}/explanation", token).get_json()
    assert explanation["contact_would_help"] is False, "they have a cap of their own already"
    world.check()
