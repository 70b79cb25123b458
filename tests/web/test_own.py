"""A donor finds again what they gave with this browser, and nobody else does."""

from campaigns.donations.donation_number import number_of
from campaigns.screening.screen import screen
from tests.web.reader import Reader, text
from tests.world import World


def test_an_unpaid_donation_is_found_and_cancelled(reader: Reader, world: World) -> None:
    assert "还没有捐赠" in reader.open("/my")
    world.pot(10_000_00)
    reader.give(email="a@example.org")
    page = reader.open("/my")
    assert "还没付款" in page and "100.00 元 · 给您留着配捐 100.00 元" in text(page).replace(" </b>", "")
    assert reader.page.headers["Cache-Control"] == "no-store"
    reader.send("/cancel")
    assert "还没付款" not in reader.open("/my")


def test_a_cancelled_donation_is_not_among_those_given(reader: Reader) -> None:
    reader.give()
    reader.open("/my")
    reader.send("/cancel")
    page = reader.open("/my")
    assert "捐过的" not in page and "已取消或没完成的" in page
    assert "原捐赠金额 100.00 元 · 已取消" in text(page)


def test_a_paid_gift_shows_its_match_and_can_be_given_again(reader: Reader, world: World) -> None:
    world.pot(10_000_00)
    reader.give(email="a@example.org")
    (donation,) = world.do(lambda tx: [row.id for row in tx.rows("SELECT id FROM donation")])
    world.pay(donation)
    screen(world.deps)
    page = reader.open("/my")
    assert "捐过的" in page and "配捐 100.00 元" in text(page) and number_of(donation) in page
    again = page.split("再捐一次")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert 'value="10000" checked' in reader.open(again)
    reader.open("/my")
    reader.send("/my/forget")
    assert "还没有捐赠" in reader.page.text


def test_another_browser_finds_nothing(reader: Reader, world: World) -> None:
    reader.give()
    other = Reader(reader.http.application.test_client(), world)
    assert "还没有捐赠" in other.open("/my")
    other.http.set_cookie("visitor", "forged")
    assert "还没有捐赠" in other.open("/my")


def test_gifts_of_a_station_are_not_shown(reader: Reader, world: World) -> None:
    reader.open(reader.form_page + "?channel=station")
    reader.send(reader.form_page)
    assert "还没有捐赠" in reader.open("/my")


def test_match_that_may_still_come_is_worded_alike_on_both_pages(reader: Reader, world: World) -> None:
    """Freed match is offered to a gift without match until settling is over; its own page says so too."""
    world.pot(10_000_00)
    reader.give(email="a@example.org")
    (donation,) = world.do(lambda tx: [row.id for row in tx.rows("SELECT id FROM donation")])
    world.pay(donation)
    screen(world.deps)
    world.do(lambda tx: tx.run("UPDATE reservation SET state = 'released'"))
    own = reader.open("/my").split("捐过的")[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    for phase in ("open", "ended", "settling", "reconciling", "notice", "released"):
        world.do(lambda tx, phase=phase: tx.run("UPDATE campaign SET phase = :phase", phase=phase))
        still = phase in ("open", "ended", "settling")
        assert ("还没有配捐" in text(reader.open("/my"))) is still, phase
        assert ("这一笔还没有配捐" in reader.open(own)) is still, phase
    assert "没有配捐" in text(reader.open("/my"))


def test_an_amount_that_is_refused_is_said_before_the_unpaid_donation(reader: Reader, world: World) -> None:
    world.pot(500_00)
    reader.give(custom="66.60")
    assert "还没付款的捐赠" in reader.give(409, custom="20")
    page = reader.give(422, custom="0.5")
    assert "还没付款的捐赠" not in page and 'aria-describedby="fault-amount"' in page
