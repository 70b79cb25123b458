"""Who works in a village sees the event of their city, and nothing of it that is not theirs: every link opens."""

import re

import pytest

from campaigns.network.people import create_manager
from campaigns.network.roles import Role
from campaigns.payouts import plans
from campaigns.payouts.allot import allot
from tests.payouts.released import HOST_ACCOUNT, account, release
from tests.web.reader import PASSWORD, Reader, text
from tests.world import VILLAGES, World

MOST_PAGES = 60


def links(page: str) -> set[str]:
    """The addresses of the console that a page links to."""
    addresses = re.findall(r'href="(/console/[^"#]*)', page)
    return {address.replace("&amp;", "&") for address in addresses}


@pytest.mark.parametrize("role", [Role.LIAISON, Role.MANAGER, Role.FINANCE])
def test_every_link_opens_for_who_works_below_the_host(reader: Reader, world: World, role: Role) -> None:
    world.pot(500_00)
    gifts = [world.give(20_00, project=project) for project in range(3)]
    for gift in gifts:
        world.pay(gift)
    release(world)
    world.do(create_manager, "below", PASSWORD, role, "test", VILLAGES[0])
    reader.sign_in("below")
    pot = world.do(lambda tx: tx.scalar("SELECT max(id) FROM pot"))
    waiting = [
        "/console/",
        f"/console/campaigns/{world.slug}",
        f"/console/pots/{pot}",
        f"/console/pots/{pot}/donations",
    ]
    kinds: set[str] = set()
    while waiting and len(kinds) <= MOST_PAGES:
        address = waiting.pop(0)
        response = reader.http.get(address)
        assert response.status_code in (200, 302, 303, 308), f"{role} follows {address}"
        page = response.text if response.mimetype == "text/html" else ""
        for link in sorted(links(page)):
            kind = re.sub(r"[0-9a-f-]{36}|\d+", "N", link.split("?")[0])
            if kind not in kinds:
                kinds.add(kind)
                waiting.append(link)
    listed = reader.http.get(f"/console/pots/{pot}/donations").text
    assert [str(gift.id) in listed for gift in gifts] == [True, False, False]


def test_the_trail_of_a_gift_links_only_to_what_its_reader_may_open(reader: Reader, world: World) -> None:
    gift = world.give(20_00)
    world.pay(gift)
    release(world)
    allot(world.deps)
    account(world, "41", HOST_ACCOUNT)
    account(world, "4101")
    plan = world.do(plans.make_plan, world.slug, "maker").id
    world.do(plans.approve, plan, "checker")
    trail, address = f"/console/donations/{gift.id}/trail", f"/console/payout-plans/{plan}"
    seen: dict[str, bool] = {}
    for login, branch in (("below", VILLAGES[0]), ("city", "41")):
        world.do(create_manager, login, PASSWORD, Role.FINANCE, "test", branch)
        reader.sign_in(login)
        page = reader.open(trail)
        assert "BS000001-00001" in text(page), "the record itself is shown to both"
        seen[login] = address in links(page)
        assert seen[login] == (reader.http.get(address).status_code == 200)
    assert seen == {"below": False, "city": True}
