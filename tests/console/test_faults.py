"""What the people of a federation met and no other test names: each by the id of its row."""

import pytest

from app.i18n.labels import PHASES
from campaigns.import_plan import Confirmation
from campaigns.intake import registered
from campaigns.intake.offline_file import read
from campaigns.intake.offline_import import import_donations, plan_donations
from campaigns.projects.transitions import suspend
from campaigns.screening import staff
from campaigns.screening.screen import screen
from kernel.errors import Invalid
from tests.payouts.released import release
from tests.web.reader import Reader, text
from tests.world import ACTOR, World

HEAD = "reference,project_code,amount_yuan,paid_at,donor_name,donor_phone\n"


def boxed(world: World) -> str:
    """A gift from a cash box; return its id."""
    row = f"BOX-1,P000001,50.00,{world.clock.at.isoformat()},,\n"
    world.do(import_donations, world.deps, HEAD + row, ACTOR)
    world.settle()
    return str(world.do(lambda tx: tx.scalar("SELECT id FROM donation WHERE channel = 'offline'")))


def test_f7_a_released_event_says_payable(manager: Reader, world: World) -> None:
    world.pay(world.give(50_00))
    release(world)
    page = text(manager.open(f"/console/campaigns/{world.slug}"))
    assert "已公示，款项可拨付" in page
    assert not [label for label in PHASES.values() if "已拨付" in str(label)]


def test_f8_pages_name_the_holder_of_the_certificate(reader: Reader, world: World) -> None:
    with world.db.transaction() as tx:
        tx.run("""UPDATE campaign SET plan = plan || '{"certificate_holder": "洛阳市慈善总会"}'""")
    for path in ("/c/day", "/public/c/day"):
        assert "洛阳市慈善总会" in reader.open(path), path


def test_f16_a_gift_that_we_did_not_take_has_no_refund_form(manager: Reader, world: World) -> None:
    donation = boxed(world)
    page = manager.open(f"/console/donations/{donation}")
    assert "线下收的款" in page and f"/console/donations/{donation}/refunds" not in page
    own = world.pay(world.give(50_00))
    assert f"/console/donations/{own.id}/refunds" in manager.open(f"/console/donations/{own.id}")


def test_f24_unchanged_rules_are_no_new_version(manager: Reader, world: World) -> None:
    pot = world.pot(500_00)
    path = f"/console/pots/{pot}/rules"
    manager.open(path)
    assert "没有改动" in manager.send(path, verb="preview")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM pot_rules WHERE pot_id = :pot", pot=pot)) == 1


def test_f25_a_pot_that_gave_back_has_nothing_to_open(manager: Reader, world: World) -> None:
    world.pot(100_00)
    world.pay(world.give(50_00))
    release(world)
    page = text(manager.open(f"/console/campaigns/{world.slug}"))
    assert "待开放 0.00" in page


def test_f26_a_refund_on_the_console_corrects_the_published_result(manager: Reader, world: World) -> None:
    world.pot(500_00)
    gift = world.pay(world.give(100_00))
    release(world)
    public = f"/public/c/{world.slug}"
    own_page, changed = f"/console/campaigns/{world.slug}", "公告以后，账上的合计变了"
    assert "公示之后的更正" not in manager.open(public) and changed not in manager.open(own_page)
    manager.open(f"/console/donations/{gift.id}/refunds")
    typed = {"amount_minor": "40", "reason": "重复捐赠"}
    manager.send("/refunds", **typed, verb="preview")
    manager.send("/refunds", **typed, verb="save")
    back_minor = world.do(
        lambda tx: tx.scalar("SELECT amount_minor FROM refund WHERE donation_id = :id", id=gift.id)
    )
    world.refund(gift, back_minor)
    page = text(manager.open(public))
    assert "合计 100.00 100.00 200.00" in page, "what was published stays"
    assert "公示之后的更正" in page
    assert "退款 -40.00 0.00 -40.00" in page and "更正后合计 60.00 60.00 120.00" in page, page
    assert changed in manager.open(own_page)
    manager.open(f"{own_page}/notices")
    manager.send("/notices", reason="退款")
    assert changed not in manager.open(own_page)
    world.check()


def test_f27_a_partner_is_registered_for_projects_that_exist(world: World) -> None:
    with pytest.raises(Invalid, match="partner_invalid") as refusal:
        world.do(registered.register, world.deps.keys, "platform", "x", ACTOR, projects=["P999999"])
    assert set(refusal.value.fields) == {"projects"}


def test_f28_a_gift_to_a_suspended_project_says_so(manager: Reader, world: World) -> None:
    world.do(suspend, world.projects[0], "核查", ACTOR)
    row = f"BOX-1,P000001,50.00,{world.clock.at.isoformat()},,\n"
    plan = world.do(plan_donations, world.deps, read((HEAD + row).encode()), Confirmation(ACTOR))
    assert {place: warned.code for place, warned in plan.warnings.items()} == {
        "line 2.project_code": "project_held"
    }
    assert world.do(import_donations, world.deps, HEAD + row, ACTOR) == 1, "money that came is stored"
    world.settle()
    page = text(manager.open("/console/inbox"))
    assert "支付时项目已暂停或在黑名单上" in page and "没有进行中的活动" not in page
    assert "50.00" in page


def test_f29_pages_show_no_codes(manager: Reader, world: World) -> None:
    donation = boxed(world)
    for path in ("donations", f"donations/{donation}", "jobs", "inbox", "audit", f"campaigns/{world.slug}"):
        words = set(text(manager.open(f"/console/{path}")).split())
        codes = {"offline", "web", "process-inbox", "released", "paid", "pending", "scheduler"}
        assert words & codes == set(), path


def test_f32_staff_of_those_above_a_village_are_a_sign(world: World) -> None:
    """Staff of the county that give to a village of theirs; a neighbour's staff raise none."""
    world.pot(10_000_00)
    world.do(staff.add, world.deps.keys, "4101", email="county@example.org", actor=ACTOR)
    world.do(staff.add, world.deps.keys, "4102", email="neighbour@example.org", actor=ACTOR)
    own = world.pay(world.give(300_00, email="county@example.org")).id
    world.pay(world.give(301_00, email="neighbour@example.org"))
    assert screen(world.deps) == 1
    case = world.do(lambda tx: tx.row("SELECT donation_id, signals FROM screening_case"))
    assert (case.donation_id, [signal["code"] for signal in case.signals]) == (own, ["staff"])
