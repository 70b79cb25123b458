"""Events that run: how a cancelled one looks to its donors, in the console and at the command line."""

from uuid import UUID

from campaigns.closing.cancel import cancel
from campaigns.donations.refunds.refund import request_refund
from kernel.clock import local_day
from payments.partners.partners import create as create_partner
from tests.cli.conftest import Terminal
from tests.closing.partner import tell
from tests.real_life.running_steps import refund_all
from tests.web.reader import Reader, text
from tests.world import ACTOR, SLUG, World

WHY = "暴雨红色预警，活动取消"


def test_donors_see_that_their_money_is_on_its_way_back(world: World, manager: Reader) -> None:
    world.pot(500_00)
    unpaid, gift = world.give(100_00), world.pay(world.give(100_00))
    world.do(cancel, SLUG, WHY, ACTOR)

    def page(donation: UUID, lang: str = "zh") -> str:
        token = world.deps.keys.token(str(donation))
        return manager.open(f"/d/{donation}?token={token}&lang={lang}")

    assert "活动已取消" in page(gift.id) and "正在原路退回" in manager.page.text
    assert "is being refunded to your original payment method" in page(gift.id, "en")
    assert "去支付" not in page(unpaid.id)
    world.close()
    refund_all(world)
    assert "已全部退回" in page(gift.id)
    assert "不再收款" in page(unpaid.id) and "没有付款，没有扣款" in page(unpaid.id)


def test_the_public_statement_says_what_was_paid_and_what_is_back(world: World, manager: Reader) -> None:
    world.pay(world.give(100_00))
    world.pay(world.give(50_00, 1))
    world.do(cancel, SLUG, WHY, ACTOR)
    path, day = f"/public/c/{SLUG}", local_day(world.clock.at)
    paid = "取消。当时有 2 笔、2 位捐赠人、150.00 元，已退回"
    assert f"{paid} 0.00 元" in text(manager.open(path))
    assert f"取消时已收,{day},,,150.00,," in manager.http.get(f"{path}.csv").text
    assert "到账要几天" in manager.open(f"/c/{SLUG}")
    world.close()
    refund_all(world)
    assert f"{paid} 150.00 元" in text(manager.open(path))
    assert "已退回,,,,150.00,," in manager.http.get(f"{path}.csv").text
    assert "都已退回" in manager.open(f"/c/{SLUG}") and "到账要几天" not in manager.page.text
    assert "cancelled at" in manager.open(f"{path}?lang=en")


def test_an_event_is_cancelled_in_the_console_with_its_name_typed(world: World, manager: Reader) -> None:
    world.pot(500_00)
    world.pay(world.give(100_00))
    world.do(create_partner, world.deps.keys, "lezhu", "乐助")
    tell(world, "lezhu", "L-1", 100_00)
    world.settle()
    manager.open(f"/console/campaigns/{SLUG}/cancel")
    assert "2 位捐赠人已付的 2 笔共 200.00 元全部退回" in manager.page.text
    assert "1 笔 100.00 元来自合作平台或线下" in manager.page.text
    assert world.phase() == "open"
    manager.send("/cancel", verb="save", reason=WHY, word="nope")
    assert world.phase() == "open"
    assert "活动已取消。" in manager.send("/cancel", verb="save", reason=WHY, word=SLUG)
    world.close()
    text = manager.open(f"/console/campaigns/{SLUG}")
    assert "须由平台或主办方退回" in text and "L-1" in text
    gift = world.do(lambda tx: tx.scalar("SELECT id FROM donation WHERE channel = 'partner'"))
    manager.open(f"/console/donations/{gift}/given-back")
    assert "记为已由平台或主办方退回 100.00 元" in manager.page.text
    assert "已登记。" in manager.send("/given-back", verb="save", reason="平台来函")
    assert world.view(gift).status == "refunded"
    world.check()


def test_all_gifts_of_a_platform_are_marked_on_the_campaigns_page(world: World, manager: Reader) -> None:
    for partner, title in (("lezhu", "乐助"), ("tenga", "腾爱")):
        world.do(create_partner, world.deps.keys, partner, title)
        for number in (1, 2):
            tell(world, partner, f"{partner}-{number}", 50_00)
    world.settle()
    world.do(cancel, SLUG, WHY, ACTOR)
    text = manager.open(f"/console/campaigns/{SLUG}")
    assert "按来源" in text and "合作平台 乐助" in text and "全部登记已退回" in text
    path = f"/console/campaigns/{SLUG}/given-back/partner:lezhu"
    assert "合作平台 乐助的 2 笔、100.00 元记为已由平台或主办方退回" in manager.open(path)
    assert "系统不会再退款" in manager.page.text
    assert "已登记。" in manager.send("/given-back/partner:lezhu", verb="save", reason="平台来函")
    assert "这个来源没有须登记退回的捐赠。" in manager.open(path)
    assert world.totals().donations == 2
    world.check()


def test_the_effect_of_cancelling_counts_a_refund_that_failed(world: World, manager: Reader) -> None:
    gift = world.pay(world.give(30_00))
    world.pay(world.give(100_00))
    world.do(request_refund, gift.id, None, "asked for", ACTOR)
    world.do(lambda tx: tx.run("UPDATE refund SET state = 'failed'"))
    manager.open(f"/console/campaigns/{SLUG}/cancel")
    assert "已付的 2 笔共 130.00 元全部退回" in manager.page.text
    assert "1 笔 100.00 元由系统原路退款" in manager.page.text
    assert "1 笔 30.00 元退款没有成功，须由人退回" in manager.page.text


def test_an_event_is_cancelled_by_command(world: World, terminal: Terminal) -> None:
    world.pay(world.give(100_00))
    assert "paid: 1 gifts of 1 donors, 100.00" in terminal.ok("campaigns", "cancel", SLUG, "--preview")
    terminal.refused("reason_missing", "campaigns", "cancel", SLUG)
    assert world.phase() == "open"
    assert "is cancelled" in terminal.ok("campaigns", "cancel", SLUG, "--reason", WHY)
    terminal.refused("not_to_give_back", "donations", "given-back", gift_of(world), "--reason", "x")


def test_all_gifts_of_a_platform_are_recorded_as_given_back_by_command(world: World, terminal: Terminal) -> None:
    world.do(create_partner, world.deps.keys, "lezhu", "lezhu")
    tell(world, "lezhu", "L-1", 10_00)
    tell(world, "lezhu", "L-2", 20_00)
    world.settle()
    act = ("campaigns", "given-back", SLUG, "partner:lezhu")
    terminal.refused("nothing_to_give_back", *act, "--reason", WHY)
    world.do(cancel, SLUG, WHY, ACTOR)
    world.close()
    assert "next: 2 gifts of partner:lezhu, 30.00" in terminal.ok(*act, "--preview")
    terminal.refused("reason_missing", *act)
    assert "2 gifts of partner:lezhu, 30.00, were given back; 0 left" in terminal.ok(*act, "--reason", WHY)
    terminal.refused("nothing_to_give_back", *act, "--reason", WHY)
    world.check()


def gift_of(world: World) -> str:
    return str(world.do(lambda tx: tx.scalar("SELECT id FROM donation")))
