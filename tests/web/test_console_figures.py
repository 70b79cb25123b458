"""Pages with figures of a campaign: the live desk."""

from tests.web.reader import Reader, text
from tests.world import World


def test_the_live_desk_shows_this_moment_with_a_table_beside_each_chart(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    world.pay(world.give(66_60))
    manager.open(f"/console/campaigns/{world.slug}")
    page = manager.open(f"/console/campaigns/{world.slug}/live")
    assert '<rect class="paid"' in page and "style=" not in page
    words = text(page)
    assert "付成金额 66.60" in words and "近 10 分钟配出" in words and "933.40" in words
    assert "Live" in manager.open(f"/console/campaigns/{world.slug}/live?lang=en")
