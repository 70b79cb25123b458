"""Messages and payments that an operator decides about: said in words, done with one or several, filter kept."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.i18n.inbox_texts import REASONS, reason_text
from campaigns.intake import registered
from campaigns.intake.project_codes import map_code
from campaigns.intake.settled_conflicts import settle_conflict
from campaigns.network.people import create_manager
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from payments.inbox.inbox_conflicts import compare
from payments.partners import partners
from tests.closing.partner import tell
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World


@pytest.fixture(autouse=True)
def platform(world: World) -> None:
    world.do(partners.create, world.deps.keys, "shanmei", "善美")


def states(world: World) -> list[tuple[str, str]]:
    rows = world.do(lambda tx: tx.rows("SELECT state, note FROM inbox_work ORDER BY inbox_id"))
    return [(row[0], row[1]) for row in rows]


def unknown_codes(world: World, *donations: str) -> None:
    for donation in donations:
        tell(world, "shanmei", donation, 88_00, project_code="NO-<b>CODE")
    world.settle()


def test_a_message_says_why_it_waits_and_what_helps(manager: Reader, world: World) -> None:
    unknown_codes(world, "d1")
    page = text(manager.open("/console/inbox"))
    assert "没有这个项目编号" in page and "88.00 元" in page and "捐赠已支付" in page
    assert "project_unknown" not in page and "&lt;b&gt;CODE" in manager.page.text
    assert "某某" not in manager.page.text, "who gave is nobody's business here"
    (id_,) = world.do(lambda tx: tx.row("SELECT max(inbox_id) FROM inbox_work"))
    page = text(manager.open(f"/console/inbox/{id_}?source=partner:shanmei"))
    assert "请平台改正后重发" in page and "归到一笔捐赠" not in page
    back = manager.send(f"/inbox/{id_}", verb="dismiss", reason="平台已退款")
    assert manager.page.request.args.to_dict() == {"source": "partner:shanmei"} and "已搁置" in back
    assert states(world) == [("dismissed", "project_unknown")]
    assert "没有这个项目编号" in manager.open("/console/inbox?queue=dismissed")
    assert "Project code not found" in manager.open("/console/inbox?queue=dismissed&lang=en")


def test_several_are_dismissed_with_one_reason_or_none_is(manager: Reader, world: World) -> None:
    unknown_codes(world, "d1", "d2", "d3")
    ids = [str(row[0]) for row in world.do(lambda tx: tx.rows("SELECT inbox_id FROM inbox_work ORDER BY inbox_id"))]
    manager.open("/console/inbox")
    assert "请至少选一项" in manager.send("/inbox/decide", verb="dismiss", reason="错码")
    manager.open("/console/inbox")
    assert "请写明原因" in manager.send("/inbox/decide", verb="dismiss", reason=" ", message=ids)
    manager.open("/console/inbox")
    manager.send("/inbox/decide", verb="dismiss", reason="错码", message=[*ids[:2], "999999"])
    assert [state for state, _ in states(world)] == ["waiting"] * 3, "all of them or none"
    many = [*ids, *map(str, range(900_000, 900_048))]
    manager.open("/console/inbox")
    assert "一次最多选 50 项" in manager.send("/inbox/decide", verb="dismiss", reason="错码", message=many)
    assert [state for state, _ in states(world)] == ["waiting"] * 3, "not the first fifty either"
    manager.open("/console/inbox?queue=open&source=partner:shanmei")
    page, chosen = manager.page, {"verb": "dismiss", "reason": "错码", "message": ids[:2]}
    assert "已处理 2 条消息" in manager.send("/inbox/decide", **chosen)
    assert manager.page.request.args["source"] == "partner:shanmei"
    manager.page = page
    assert "没有重复执行" in manager.send("/inbox/decide", **chosen)
    assert [state for state, _ in states(world)] == ["dismissed", "dismissed", "waiting"]


def test_an_id_of_thousands_of_digits_is_an_unknown_one(manager: Reader, world: World) -> None:
    """`int` raises at 4,300 digits."""
    manager.open("/console/account")
    token = manager.page.text.split('name="csrf_token" value="')[1].split('"')[0]
    chosen = {
        "/console/inbox/decide": ("message", "dismiss"),
        "/console/projects/review": ("project", ""),
        f"/console/campaigns/{world.slug}/burst?code=same_sum": ("case", "clear:some"),
    }
    for address, (name, verb) in chosen.items():
        data = {"csrf_token": token, name: "9" * 5_000, "verb": verb, "reason": "x"}
        assert manager.http.post(address, data=data).status_code == 303, address


def test_a_gift_above_the_limit_is_released_with_a_reason(manager: Reader, world: World) -> None:
    world.do(partners.set_limits, "shanmei", {"gift_most_minor": 10_00})
    tell(world, "shanmei", "big", 500_00)
    world.settle()
    assert states(world) == [("waiting", "above_limit")]
    manager.open("/console/inbox")
    (id_,) = world.do(lambda tx: tx.row("SELECT max(inbox_id) FROM inbox_work"))
    manager.open(f"/console/inbox/{id_}")
    assert "请写明原因" in manager.send(f"/inbox/{id_}", verb="release", reason="")
    manager.open(f"/console/inbox/{id_}")
    assert "重新排队" in manager.send(f"/inbox/{id_}", verb="release", reason="打电话核实")
    world.settle()
    assert states(world) == [("done", "")]
    assert "没有待办消息" in manager.open("/console/inbox")


def test_payments_of_another_shop_are_listed_apart_and_are_no_work(manager: Reader, world: World) -> None:
    gift = world.give(5_00)
    world.tell("payment_intent.succeeded", world.intent(gift) | {"id": "pi_other", "metadata": {}})
    world.settle()
    assert states(world) == [("ignored", "foreign")]
    page = text(manager.open("/console/inbox"))
    assert "没有待办消息" in page and "别的店铺 1" in page
    page = text(manager.open("/console/inbox?queue=foreign"))
    assert "不用处理" in page and "支付成功" in page and "搁置选中的" not in page
    (id_,) = world.do(lambda tx: tx.row("SELECT max(inbox_id) FROM inbox_work"))
    manager.open(f"/console/inbox/{id_}")
    assert "请填写" in manager.send(f"/inbox/{id_}", verb="attach", donation="not an id")
    manager.open(f"/console/inbox/{id_}")
    assert "已归到这笔捐赠" in manager.send(f"/inbox/{id_}", verb="attach", donation=gift.number)


def test_two_versions_of_a_message_are_compared_without_what_is_personal(manager: Reader, world: World) -> None:
    tell(world, "shanmei", "d1", 88_00)
    tell(world, "shanmei", "d1", 99_00, donor={"key": "k", "name": "别人"})
    assert "前后矛盾 1" in text(manager.open("/console/inbox"))
    manager.open("/console/inbox/conflicts")
    address = manager.page.text.split('href="/console/inbox/conflicts/')[1].split('"')[0]
    page = manager.open(f"/console/inbox/conflicts/{address}")
    assert "8800" in page and "<strong>9900</strong>" in page and page.count('class="differs"') == 1
    assert "别人" not in page and "某某" not in page and "加密保存" in page
    manager.open("/console/inbox/conflicts/99", 404)


def test_an_earlier_versions_whole_message_shows_no_person_either(world: World) -> None:
    tell(world, "shanmei", "d1", 88_00)
    tell(world, "shanmei", "d1", 99_00)
    world.do(
        lambda tx: tx.run(
            """INSERT INTO inbox_conflict (source, event_id, body, body_hash, received_at)
               SELECT source, event_id, jsonb_set(body, '{data,donor}', '{"key": "k", "name": "张三"}'), 'x', :now
                 FROM inbox_conflict""",
            now=world.clock.at,
        )
    )
    both = world.do(compare, world.do(lambda tx: tx.scalar("SELECT max(id) FROM inbox_conflict")))
    assert "张三" not in str(both) and {pair.name for pair in both.fields if pair.differs} == {"data.amount_minor"}


def exception(world: World, donation: UUID, reason: str = "second_payment") -> int:
    def make(tx: Tx) -> Any:
        return tx.scalar(
            """INSERT INTO payment_exception (provider, payment_intent, amount_minor, currency, donation_id, reason,
                                              state, note, actor, refund_attempts, occurred_at, found_at)
               VALUES ('stripe', :intent, 5000, 'CNY', :donation, :reason, 'open', '', '', 0, :now, :now)
               RETURNING id""",
            intent=f"pi_{donation}",
            donation=donation,
            reason=reason,
            now=world.clock.at,
        )

    return int(world.do(make))


def test_payments_that_are_not_as_asked_are_decided(manager: Reader, world: World) -> None:
    unpaid, other = world.give(50_00), world.give(50_00)
    first, second = exception(world, unpaid.id, "above_maximum"), exception(world, other.id)
    page = text(manager.open("/console/payments?state=open"))
    assert "比提交的多" in page and "50.00 元" in page and "second_payment" not in page
    assert "请写明原因" in manager.send(f"/{first}/take", reason=" ")
    manager.open("/console/payments?state=open")
    assert "已收下" in manager.send(f"/{first}/take", reason="捐赠人确认")
    assert manager.page.request.args["state"] == "open"
    assert world.view(unpaid).status == "paid"
    manager.open("/console/payments")
    assert "退款已提交" in manager.send(f"/{second}/refund", reason="付了两次")
    assert "退款中" in manager.open("/console/payments") and "全部退回" not in manager.page.text
    world.check()


def test_each_role_sees_only_its_actions_on_payments(app: Flask, world: World) -> None:
    exception(world, world.give(50_00).id)
    for role, verbs in (("finance", {"收下", "退回"}), ("auditor", set())):
        world.do(create_manager, role, PASSWORD, role, "test")
        reader = Reader(app.test_client(), world)
        reader.sign_in(role)
        page = reader.open("/console/payments")
        assert {verb for verb in ("收下", "退回") if f'<button class="quiet">{verb}<' in page} == verbs


def test_every_reason_has_words(world: World) -> None:
    for code in REASONS:
        assert reason_text(f"{code}:5000:CNY", "stripe").text != code
    assert reason_text("amount_differs:5000:CNY", "stripe").detail == "50.00 元"
    assert reason_text("brand_new:x", "stripe").detail == "brand_new:x"
    assert "平台退款" in reason_text("project_suspended", "partner:tencent").advice
    assert "把钱退给捐赠人" in reason_text("project_suspended", "partner:offline").advice


def code_of(world: World, project: int) -> str:
    return str(world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=project)))


def test_an_unknown_code_is_mapped_and_what_waits_goes_on(manager: Reader, world: World) -> None:
    unknown_codes(world, "d1", "d2")
    (id_,) = world.do(lambda tx: tx.row("SELECT max(inbox_id) FROM inbox_work"))
    manager.open(f"/console/inbox/{id_}")
    assert "编号没有对应上" in manager.send(f"/inbox/{id_}", verb="map", project="NO-SUCH")
    manager.open(f"/console/inbox/{id_}")
    page = manager.send(f"/inbox/{id_}", verb="map", project=code_of(world, world.projects[1]))
    assert "等它的 2 条消息" in page
    world.settle()
    assert states(world) == [("done", ""), ("done", "")]
    gifts = world.do(lambda tx: tx.rows("SELECT project_id, amount_minor FROM donation"))
    assert [tuple(gift) for gift in gifts] == [(world.projects[1], 88_00)] * 2
    tell(world, "shanmei", "d1", 88_00, project_code="NO-<b>CODE", event_id="again")
    world.settle()
    assert states(world)[-1][0] in ("done", "ignored"), "the same gift again is no contradiction"
    assert "NO-&lt;b&gt;CODE" in manager.open("/console/inbox/codes")
    manager.send("/console/inbox/codes")
    unknown_codes(world, "d3")
    assert states(world)[-1] == ("waiting", "project_unknown"), "no longer mapped"
    world.check()


def test_a_partner_limited_to_projects_may_not_reach_others_by_its_codes(world: World) -> None:
    ours, others = code_of(world, world.projects[0]), code_of(world, world.projects[1])
    world.do(registered.register, world.deps.keys, "narrow", "窄", "test", [ours])
    for code, project in (("A", ours), ("B", others)):
        world.do(map_code, "narrow", code, project, "test")
        tell(world, "narrow", f"d-{code}", 10_00, project_code=code)
    world.settle()
    assert states(world) == [("done", ""), ("waiting", "project_not_allowed")]
    with pytest.raises(Invalid) as refused:
        world.do(registered.register, world.deps.keys, "far", "远", "test", ["NO-SUCH"])
    assert refused.value.fields["projects"].code == "unknown_projects"


def test_a_contradiction_is_settled_once_with_what_was_found_out(manager: Reader, world: World) -> None:
    tell(world, "shanmei", "d1", 88_00, event_id="same")
    tell(world, "shanmei", "d1", 99_00, event_id="same")
    (conflict,) = world.do(lambda tx: tx.row("SELECT id FROM inbox_conflict"))
    assert "前后矛盾 1" in text(manager.open("/console/inbox"))
    manager.open(f"/console/inbox/conflicts/{conflict}")
    assert "请写明原因" in manager.send(f"/conflicts/{conflict}", reason=" ")
    manager.open(f"/console/inbox/conflicts/{conflict}")
    assert "已核对" in manager.send(f"/conflicts/{conflict}", reason="平台<b>答复：88 元是对的")
    assert "前后矛盾 0" in text(manager.open("/console/inbox"))
    assert "平台&lt;b&gt;答复" in manager.open(f"/console/inbox/conflicts/{conflict}")
    with pytest.raises(Conflict, match="conflict_settled"):
        world.do(settle_conflict, conflict, "again", "test")
