"""Addresses of subscriptions: what no delivery may ever reach is refused when it is saved, and a failed delivery
says why in words."""

import pytest

from campaigns.intake import registered
from campaigns.intake.tell_partners import tell_partners
from campaigns.network.people import create_manager
from kernel.errors import Invalid
from payments.public_http import refused_without_lookup
from tests.api.client import Api, application
from tests.partners.engineer import NAME, Engineer
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, World

PRIVATE = (
    "https://127.0.0.1/hook",
    "https://10.1.2.3/hook",
    "https://169.254.169.254/latest",
    "https://[::1]:8443/hook",
    "https://[::ffff:192.168.0.1]/hook",
    "https://localhost/hook",
    "https://LOCALHOST./hook",
    "https://any.localhost/hook",
)


@pytest.mark.parametrize("url", PRIVATE)
def test_a_private_address_is_refused_when_it_is_saved(engineer: Engineer, world: World, url: str) -> None:
    with pytest.raises(Invalid) as refused:
        world.do(registered.subscribe, world.deps.keys, NAME, url, ["donation.settled"], ACTOR)
    assert refused.value.fields["url"].code == "address_private"
    refusal = Api(engineer.http, world).manage(
        f"/partners/{NAME}/subscriptions", {"url": url, "types": ["donation.settled"]}, 422
    )
    assert refusal["code"] == "subscription_invalid"


def test_what_the_demo_allows_and_what_only_a_lookup_tells() -> None:
    for url in ("http://127.0.0.1:9/hook", "http://localhost:9/hook", "https://[::1]/hook"):
        assert refused_without_lookup(url, loopback=True) == ""
    assert refused_without_lookup("http://10.0.0.1/hook", loopback=True) == "address_private"
    assert refused_without_lookup("http://platform.example/hook", loopback=True) == "address_insecure"
    assert refused_without_lookup("https://platform.example/hook") == ""
    assert refused_without_lookup("https://1.1.1.1/hook") == ""


def test_the_page_says_in_words_why_a_delivery_failed(engineer: Engineer, world: World, database_url: str) -> None:
    world.pot(500_00)
    world.do(
        registered.subscribe, world.deps.keys, NAME, "https://nobody.invalid/hook", ["donation.matched"], ACTOR
    )
    engineer.send(engineer.paid(1))
    world.settle()
    tell_partners(world.deps)
    world.do(create_manager, "boss", PASSWORD, "admin", ACTOR)
    staff = Reader(application(database_url, world.deps).test_client(), world)
    staff.sign_in("boss")
    shown = text(staff.open(f"/console/partners/{NAME}/deliveries"))
    assert "找不到这个地址" in shown and "address_unknown" not in shown
