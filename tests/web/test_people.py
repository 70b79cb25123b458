"""Who gave lately: names with consent, messages after somebody let them pass, and back again."""

from datetime import timedelta

import pytest

from campaigns.desks import words_desk
from campaigns.donations.donors.contact import Donor
from campaigns.network.people import create_manager
from kernel.errors import NotFound
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, World

NASTY = "<script>alert(1)</script>祝福"


def gift(world: World, name: str = "", message: str = "", *, publish: bool = True, project: int = 0) -> str:
    donor = Donor(name=name or None, publish_name=publish)
    donation = world.give(66_00, project, donor=donor, message=message)
    world.pay(donation)
    return str(donation.id)


def decide(world: World, reader: Reader, **chosen: str | list[str]) -> str:
    reader.open("/console/words")
    return text(reader.send("/console/words", **chosen))


def test_a_plain_name_is_shown_and_a_message_waits(manager: Reader, world: World) -> None:
    world.pot(10_000_00)
    gift(world, "张伟", "愿老人们吃得好")
    gift(world, "李娜", publish=False)
    page = text(manager.open(f"/c/{world.slug}"))
    assert "刚刚捐的人" in page and "张伟 捐了 66 元 + 配捐 66" in page and "一位好心人" in page
    assert "愿老人" not in page and "李娜" not in page
    assert "愿老人们吃得好" in text(manager.open("/console/words"))
    many = [str(words_id) for words_id in range(1, 52)]
    assert "一次最多选 50 项" in decide(world, manager, show="", words=many)
    assert "公开了 1 条" in decide(world, manager, show="")
    for path in (f"/c/{world.slug}", f"/c/{world.slug}/people", f"/c/{world.slug}/p/{world.projects[0]}"):
        assert "愿老人们吃得好" in manager.open(path), path
    assert "愿老人们吃得好" not in manager.open(f"/c/{world.slug}/p/{world.projects[1]}")


def test_a_payment_that_is_reported_late_stands_at_its_time(manager: Reader, world: World) -> None:
    late, soon = (world.give(66_00, donor=Donor(name=name, publish_name=True)) for name in ("张伟", "李娜"))
    world.pay(soon)
    world.pay(late, at=world.clock.at - timedelta(minutes=9))
    page = text(manager.open(f"/c/{world.slug}/people"))
    assert 0 < page.index("李娜") < page.index("张伟")


def test_suspicious_words_are_not_preselected(manager: Reader, world: World) -> None:
    gift(world, "张伟", "加微信 abc")
    page = manager.open("/console/words")
    assert "可能含联系方式" in page and "checked" not in page.split('name="words"')[1].split(">")[0]
    decide(world, manager, show="")
    assert "加微信" not in manager.open(f"/c/{world.slug}/people")


def test_words_are_shown_escaped(manager: Reader, world: World) -> None:
    gift(world, "<b>王</b>", NASTY)
    decide(world, manager, show="")
    page = manager.open(f"/c/{world.slug}/people")
    assert "&lt;script&gt;" in page and "&lt;b&gt;王" in page and "<script>alert" not in page


def test_words_of_unpaid_and_refunded_gifts_are_not_shown(manager: Reader, world: World) -> None:
    world.give(66_00, donor=Donor(name="张伟", publish_name=True), message="还没付款")
    assert "还没付款" not in manager.open("/console/words")
    donation = world.give(66_00, donor=Donor(name="赵敏", publish_name=True))
    world.pay(donation)
    assert "赵敏" in manager.open(f"/c/{world.slug}/people")
    world.refund(donation, 66_00)
    assert "赵敏" not in manager.open(f"/c/{world.slug}/people")


def test_a_donor_takes_their_words_back(manager: Reader, world: World) -> None:
    donation_id = gift(world, "张伟", "加油")
    decide(world, manager, show="")
    token = world.deps.keys.token(donation_id)
    manager.open(f"/d/{donation_id}?token={token}")
    manager.send(f"/d/{donation_id}/unpublish")
    page = manager.open(f"/c/{world.slug}/people")
    assert "张伟" not in page and "加油" not in page
    consents = world.do(lambda tx: tx.rows("SELECT publish_name, publish_message FROM consent ORDER BY id"))
    assert [tuple(row) for row in consents] == [(True, True), (False, False)]
    assert "不能再公开" in decide_one(world, manager)


def decide_one(world: World, reader: Reader, words: str = "") -> str:
    """Show words (default: the only ones), by the button that somebody still has on their screen."""
    words = words or str(world.do(lambda tx: tx.scalar("SELECT id FROM public_words")))
    reader.open("/console/account")
    token = reader.page.text.split('name="csrf_token" value="')[1].split('"')[0]
    reader.http.post("/console/words", data={"csrf_token": token, "show": words})
    return reader.open("/console/words")


def test_a_decision_counts_once_and_an_unknown_id_is_refused(manager: Reader, world: World) -> None:
    def stands() -> tuple[object, ...]:
        return tuple(
            world.do(
                lambda tx: tx.row(
                    """SELECT actor, decided_at, (SELECT count(*) FROM audit_entry WHERE action LIKE 'words.%')
                         FROM public_words"""
                )
            )
        )

    gift(world, "张伟", "加油")
    words = world.do(lambda tx: tx.scalar("SELECT id FROM public_words"))
    assert world.do(words_desk.decide, [words], "li", show=True) == 1
    first = stands()
    world.clock.advance(hours=1)
    assert world.do(words_desk.decide, [words], "wang", show=True) == 0
    assert stands() == first and first[0] == "li" and first[2] == 1
    world.do(words_desk.report, words)
    assert world.do(words_desk.decide, [words], "wang", show=True) == 1, "readers reported them since"
    for unknown in (0, -1, 2**63, 10**30):
        with pytest.raises(NotFound, match="words_unknown"):
            world.do(words_desk.decide, [words, unknown], "li", show=False)
    assert "加油" in manager.open(f"/c/{world.slug}/people")
    assert "没有" in decide_one(world, manager, "9" * 5_000)


def test_readers_report_and_words_wait_again(manager: Reader, world: World) -> None:
    gift(world, "张伟", "不好的话")
    decide(world, manager, show="")
    words = world.do(lambda tx: tx.scalar("SELECT id FROM public_words"))
    address = f"/c/{world.slug}/words/{words}"
    for network in range(1, 4):
        manager.open(address)
        manager.http.environ_base["REMOTE_ADDR"] = f"192.0.2.{network}"
        assert "谢谢" in manager.send(address)
        manager.open(address)
        assert "谢谢" in manager.send(address), "a second click is thanked, and counts no more"
    assert "不好的话" not in manager.open(f"/c/{world.slug}/people")
    assert "读者举报 3 次" in manager.open("/console/words")


def test_erasure_takes_the_words_away(reader: Reader, world: World) -> None:
    donation_id = gift(world, "张伟", "加油")
    reader.open(f"/d/{donation_id}?token={world.deps.keys.token(donation_id)}")
    reader.send(f"/d/{donation_id}/erasure", sure="1")
    assert "张伟" not in reader.open(f"/c/{world.slug}/people")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM public_words")) == 0


@pytest.mark.parametrize("branch", ["4102"])
def test_a_neighbour_decides_nothing(reader: Reader, world: World, branch: str) -> None:
    gift(world, "张伟", "加油")
    world.do(create_manager, "near", PASSWORD, "manager", ACTOR, branch)
    reader.sign_in("near")
    assert "加油" not in reader.open("/console/words")
