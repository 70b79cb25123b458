"""The donor's own page, in every state."""

import re
from dataclasses import replace
from uuid import uuid4

from app.http.donor_cookie import page_address
from campaigns.donations.search import search
from campaigns.donations.search_plan import DonationQuery
from campaigns.donations.unpaid.expire import expire
from campaigns.donations.view import DonationView
from campaigns.projects.picture_file import rewrite
from campaigns.projects.pictures import PictureText, insert_picture
from tests.offline import offline_gateway
from tests.payments.servers import Server
from tests.projects.photos import photo
from tests.web.reader import Reader, forms, text
from tests.world import World


def page_of(reader: Reader, donation: DonationView) -> str:
    token = reader.world.deps.keys.token(str(donation.id))
    return text(reader.open(f"/d/{donation.id}?token={token}"))


def test_only_its_token_opens_a_donation(reader: Reader, world: World) -> None:
    mine, other = world.give(), world.give()
    for token in ("", "x", world.deps.keys.token(str(other.id)), "\u00e4"):
        assert "没有这笔捐赠" in reader.open(f"/d/{mine.id}?token={token}", 404)
        assert 'href="/my">找找我的捐赠' in reader.page.text, "another browser: there is a way on"
    unknown = uuid4()
    reader.open(f"/d/{unknown}?token={world.deps.keys.token(str(unknown))}", 404)
    assert "没有找到" in reader.open("/d/not-a-uuid", 404)


def test_after_paying_the_captured_match_is_explained(reader: Reader, world: World) -> None:
    world.pot(30_00, rank=1, name="第一池")
    world.pot(500_00, rank=2, name="第二池", scope={"under": ["4102"]})
    world.pot(40_00, rank=3, name="第三池", donation=25_00)
    page = page_of(reader, world.pay(world.give()))
    assert "谢谢您" in page and "配捐 55.00" in page
    assert "“第一池”（1:1）：待配 100.00 元，配捐 30.00 元，池中余额 30.00 → 0.00 元。池中只剩 30.00 元。" in page
    assert "“第二池”：只支持指定地区的项目。" in page
    assert "每笔配捐上限 25.00 元" in page


def test_a_donor_reads_a_short_number_by_which_staff_find_the_donation(reader: Reader, world: World) -> None:
    donation = world.pay(world.give())
    page = page_of(reader, donation)
    assert donation.number in page and f"捐赠编号 {donation.id}" not in page
    results = world.do(search, DonationQuery(id=donation.number))
    assert [row.id for row in results.donations] == [donation.id]


def test_thanks_show_the_village_that_was_given_to(reader: Reader, world: World) -> None:
    donation = world.give()
    text_of_picture = PictureText("村口的灯")
    world.do(
        insert_picture, donation.project_id, text_of_picture, rewrite(photo((400, 320))), "file", "test", position=1
    )
    assert "村口的灯" not in page_of(reader, donation), "before paying the page has one thing to do"
    assert "村口的灯" in page_of(reader, world.pay(donation))
    world.refund(donation, donation.amount_minor)
    assert "村口的灯" not in page_of(reader, donation)


def test_a_refund_is_shown_with_the_match_that_went_back(reader: Reader, world: World) -> None:
    world.pot(500_00, name="池")
    paid = world.pay(world.give())
    page = page_of(reader, world.refund(paid, 40_00))
    assert re.search(r"已退款 ¥40.00 20\d\d-\d\d-\d\d \d\d:\d\d", page), "with the day on which it went back"
    assert "配捐 60.00" in page and "因退款，40.00 元配捐退回“池”" in page
    assert "已全额退款" in page_of(reader, world.refund(paid, 100_00))


def test_a_lapsed_donation_offers_another_try(reader: Reader, world: World) -> None:
    world.pot(500_00, name="池")
    donation = world.give(33_00)
    world.clock.advance(minutes=16)
    assert expire(world.deps) == 1
    page = page_of(reader, donation)
    assert "预留时间已过" in page and "预留的 33.00 元配捐已放回“池”" in page
    assert f"{reader.form_page}?amount=3300" in reader.page.text


def test_a_donor_may_change_his_mind_twice(reader: Reader, world: World) -> None:
    world.pot(500_00)
    reader.give()
    held = reader.page
    assert "这笔捐赠已取消" in reader.send("/cancel")
    reader.page = held
    assert "这笔捐赠已取消" in reader.send("/cancel")
    assert next(iter(world.pots().values())).available_minor == 500_00


def test_a_paid_donation_cannot_be_cancelled(reader: Reader, world: World) -> None:
    reader.give()
    held = reader.page
    with world.db.transaction() as tx:
        donation_id = tx.scalar("SELECT id FROM donation")
    world.pay(donation_id)
    reader.page = held
    assert "已经支付，不能取消" in reader.send("/cancel", 409)


def test_to_the_cashier_and_back_says_that_it_is_being_confirmed(
    reader: Reader, world: World, cashier: Server
) -> None:
    reader.give()
    held = reader.page
    own = held.request.full_path
    where, fields = next(form for form in forms(held.text) if form[0].endswith("/go"))
    response = reader.http.post(where, data=fields)
    assert response.status_code == 303 and response.location.startswith(f"{cashier.base}/pay/")
    at_cashier = response.location
    page = reader.open(own)
    assert "正在确认付款" not in page and "去支付" in page, "the provider says that nothing was paid yet"
    reader.http.post(where, data=fields)
    gateway = world.deps.gateway
    reader.http.application.extensions["deps"] = replace(world.deps, gateway=offline_gateway())
    page = reader.open(own)
    assert "正在确认付款" in page and "回到收银台" in page, "nobody knows: neither promise nor denial"
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    reader.http.application.extensions["deps"] = replace(world.deps, gateway=gateway)
    cashier.http.post(at_cashier, data={"do": "pay", "card": "4242424242424242"}, allow_redirects=False)
    page = text(reader.open(own))
    assert "正在确认付款" in page and "付款还在路上" in page, "the provider has it, its message is on the way"
    assert not any(words in page for words in ("不捐了", "去支付", "没有扣款"))
    reader.page = held
    page = reader.send("/cancel", 409)
    fresh = re.search(r'<noscript><meta http-equiv="refresh" content="4; url=([^"]+)"></noscript>', page)
    assert fresh and "付款还在路上" in text(reader.open(fresh[1])), "the address of a refused cancel shows nothing"


def test_leaving_the_cashier_shows_that_nothing_was_paid(reader: Reader, world: World, cashier: Server) -> None:
    world.pot(500_00)
    reader.give()
    own = reader.page.request.full_path
    where, fields = next(form for form in forms(reader.page.text) if form[0].endswith("/go"))
    at_cashier = reader.http.post(where, data=fields).location
    away = cashier.http.post(at_cashier, data={"do": "leave"}, allow_redirects=False).headers["Location"]
    back = away.removeprefix(world.deps.public_url)
    page = text(reader.open(back))
    assert "还没有付款" in page and "再试一次" in page and "配捐，先留着 100.00" in page
    assert "正在确认付款" not in page
    assert "正在确认付款" not in reader.open(own), "who went and came back is not confirming any more"
    world.pay(world.do(lambda tx: tx.scalar("SELECT id FROM donation")))
    assert "还没有付款" not in reader.open(back)


def test_a_provider_that_is_down_leaves_the_donation_waiting(reader: Reader, world: World) -> None:
    """The page says so, and its button opens the payment as soon as the provider is back."""
    world.pot(500_00)
    real = world.deps
    reader.http.application.extensions["deps"] = replace(real, gateway=offline_gateway())
    page = text(reader.give())
    assert "支付平台暂时没有响应" in page and "配捐，先留着 100.00" in page
    assert "支付平台暂时没有响应" in reader.send("/go")
    reader.http.application.extensions["deps"] = real
    where, fields = next(form for form in forms(reader.page.text) if form[0].endswith("/go"))
    assert "/pay/" in reader.http.post(where, data=fields).location


def test_only_words_of_ours_are_shown_as_trouble(reader: Reader, world: World) -> None:
    donation = world.give()
    with reader.http.application.test_request_context():
        address = page_address(donation.id, trouble="<b>pay me</b>")
    assert "pay me" not in reader.open(address)


def test_a_page_without_match_does_not_speak_of_match_that_is_held(reader: Reader, world: World) -> None:
    world.pot(1_00)
    world.give(1_00)
    unmatched = world.give(33_00, accept_unmatched=True)
    assert "这一笔没有配捐" in (page := page_of(reader, unmatched)) and "放回去" not in page
    world.clock.advance(minutes=16)
    assert expire(world.deps) == 2
    assert "没有付款，没有扣款" in (page := page_of(reader, unmatched)) and "放回去" not in page


def test_match_that_may_still_come_is_no_final_step_of_a_gift(reader: Reader, world: World) -> None:
    world.pot(1_00)
    world.pay(world.give(1_00))
    waiting = world.pay(world.give(33_00, email="b@example.org", accept_unmatched=True))
    page = page_of(reader, waiting)
    assert "这一笔还没有配捐" in page and "付款 已完成" in page and "配捐定下 已完成" not in page


def test_half_for_each_yuan_is_all_of_the_match_and_not_short(reader: Reader, world: World) -> None:
    world.pot(60_00, ratio_bps=5_000)
    page = page_of(reader, world.give(100_00))
    assert "配捐给您留好了" in page and "只够" not in page and "付款后，村里收到 150.00 元" in page
    page = page_of(reader, world.give(100_00, email="b@example.org"))
    assert "配捐只够留 10 元" in page, "the pot's balance cut it"


def test_thanks_come_before_what_the_village_receives(reader: Reader, world: World) -> None:
    world.pot(1_00)
    world.pay(world.give(1_00))
    page = page_of(reader, world.pay(world.give(33_00, email="b@example.org", accept_unmatched=True)))
    assert page.index("谢谢您") < page.index("村里收到 33.00 元") and "配捐 还没有" in page


def test_without_pots_the_page_of_a_gift_says_nothing_of_match(reader: Reader, world: World) -> None:
    donation = world.give(66_60)
    address = f"/d/{donation.id}?token={world.deps.keys.token(str(donation.id))}"
    held = text(reader.open(address))
    assert "付款后，村里收到 66.60 元" in held
    world.pay(donation)
    thanks = text(reader.open(address))
    assert "谢谢您" in thanks and "村里收到 66.60 元" in thanks
    for words in ("没有配捐", "配捐从哪来", "配捐是怎么算的", "配捐定下", "配捐池"):
        assert words not in held + thanks, words
    assert 'class="added' not in reader.page.text, "no half is missing"
