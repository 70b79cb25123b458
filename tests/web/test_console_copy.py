"""Last year's event is copied as a draft: shown first, dates moved, with what may still take part."""

from datetime import timedelta

from app.forms import format_moment
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.host_contact import Contact, contacts_of, set_contact
from campaigns.projects import transitions
from campaigns.screening import settings
from campaigns.screening.thresholds import default_thresholds
from matching.pots import Tranche
from matching.tranches import tranches
from tests.web.reader import Reader, text
from tests.world import ACTOR, SLUG, World

YEAR = timedelta(days=365)
DEFAULTS = default_thresholds({})


def typed(world: World, **other: str) -> dict[str, str]:
    opens_at = format_moment(world.do(find_campaign, SLUG).opens_at + YEAR)
    return {"name": "公益日 2027", "slug": "day-2027", "opens_at": opens_at, **other}


def test_a_campaign_is_copied_with_dates_moved(manager: Reader, world: World) -> None:
    now = world.clock.at
    parts = [Tranche(now, 100_00), Tranche(now + timedelta(hours=2), 200_00)]
    world.pot(300_00, tranches=parts, name="镇<b>池", donor=50_00)
    world.do(set_contact, SLUG, Contact(phone="0379 1234567"), ACTOR)
    world.do(settings.change, SLUG, {"rapid_count": 9}, DEFAULTS, ACTOR)
    world.do(transitions.suspend, world.projects[2], "病虫害", ACTOR)
    manager.open(f"/console/campaigns/{SLUG}")
    assert "照这个活动新建" in manager.page.text
    manager.open(f"/console/campaigns/{SLUG}/copy")
    assert "请填写" in manager.send("/copy", verb="preview", name="公益日 2027")
    page = text(manager.send("/copy", verb="preview", **typed(world)))
    assert "2 个项目参加" in page and "1 个项目现在不能参加" in page and "从基金转入 300.00 元" in page
    assert "草稿已建立" in manager.send("/copy", verb="save")
    copied_from = world.do(find_campaign, SLUG).name
    assert f"照抄自：{copied_from}" in text(manager.open("/console/campaigns/day-2027"))
    old, new = world.do(find_campaign, SLUG), world.do(find_campaign, "day-2027")
    assert (new.phase, new.ends_at - old.ends_at, new.host_code) == ("draft", YEAR, old.host_code)
    assert "filing_no" not in new.plan and new.plan["purpose"] == old.plan["purpose"]
    pot = world.do(lambda tx: tx.row("SELECT id, name FROM pot WHERE campaign_id = :id", id=new.id))
    copied = world.do(tranches, new.id)[pot.id]
    moved = [now + YEAR, now + YEAR + timedelta(hours=2)]
    assert [part.opens_at for part in copied] == moved and pot.name == "镇<b>池"
    assert world.do(contacts_of, [new.id])[new.id].phone == "0379 1234567"
    assert world.do(settings.load_thresholds, [new.id], DEFAULTS)[new.id].rapid_count == 9
    world.check()


def test_a_copy_that_is_not_possible_states_why_and_creates_nothing(manager: Reader, world: World) -> None:
    world.pot(600_000_00)
    world.pot(100_000_00)
    manager.open(f"/console/campaigns/{SLUG}/copy")
    page = manager.send("/copy", verb="preview", **typed(world))
    assert "“专项基金”余额不足：现有 300,000.00 元，还差 400,000.00 元" in page
    manager.open(f"/console/campaigns/{SLUG}/copy")
    assert "从基金转入 0.00 元" in manager.send("/copy", verb="preview", with_pots=None, **typed(world))
    manager.open(f"/console/campaigns/{SLUG}/copy")
    assert "这个网址名已被其他活动使用" in manager.send(
        "/copy", verb="preview", with_pots=None, **typed(world, slug=SLUG)
    )
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM campaign")) == 1
