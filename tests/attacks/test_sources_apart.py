"""Sources of donations stay apart: a stranger can choose nothing that belongs to another source (C1, C11, P10)."""

from uuid import UUID

import pytest

from campaigns.intake.process import process_inbox
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, Refusal
from kernel.ids import donation_id_of
from payments.inbox.inbox import store
from payments.messages import message
from payments.partners import partners
from tests.api.client import Api, application, problem
from tests.cashier import clock, world
from tests.world import World

__all__ = ["clock", "world"]

THEIR_ID = "order-17"


@pytest.fixture
def api(world: World, database_url: str) -> Api:
    return Api(application(database_url, world.deps).test_client(), world)


def partner_pays(world: World, amount_minor: int = 50_00) -> UUID:
    """A platform's payment of its order arrives and is processed."""
    at = world.clock.at.isoformat()
    code = world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0]))
    event = {
        "type": "donation.paid",
        "id": "evt-17",
        "occurred_at": at,
        "data": {
            "donation_id": THEIR_ID,
            "project_code": code,
            "amount_minor": amount_minor,
            "currency": "CNY",
            "paid_at": at,
            "donor": {"key": "u1"},
        },
    }
    world.do(store, world.deps.keys, [message("partner:plat", "evt-17", event, compare=True)])
    while process_inbox(world.deps):
        pass
    return donation_id_of("plat", THEIR_ID)


def test_c1_the_id_of_a_partners_donation_cannot_be_taken(api: Api, world: World) -> None:
    world.do(partners.create, world.deps.keys, "plat", "Plat")
    taken = api.command(50_00, id=str(donation_id_of("plat", THEIR_ID)), project=world.projects[1])
    problem(api.post("/donations", taken), 422, "donation_id_reserved")
    paid = partner_pays(world)
    assert world.view(paid).project_id == world.projects[0]
    assert world.view(paid).status == "paid"
    world.check()


def test_c1_a_partners_payment_meets_only_its_own_donation(world: World) -> None:
    """A donation of ours that has the id all the same (from before ids were reserved) gets none of the money."""
    world.do(partners.create, world.deps.keys, "plat", "Plat")
    stranger = world.give(50_00, project=1)
    wanted = donation_id_of("plat", THEIR_ID)

    def rename(tx: Tx) -> None:
        tx.run("DELETE FROM donation_contact WHERE donation_id = :old", old=stranger.id)
        tx.run("UPDATE donation SET id = :new WHERE id = :old", new=wanted, old=stranger.id)

    world.do(rename)
    partner_pays(world)
    assert world.view(wanted).status == "pending"
    note = world.do(lambda tx: tx.scalar("SELECT note FROM inbox_work WHERE state = 'flagged'"))
    assert note == "donation_of_another_source"


@pytest.mark.parametrize("name", ["offline", "Stripe", "web"])
def test_c11_no_partner_has_the_name_of_a_source_of_ours(world: World, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        world.do(partners.create, world.deps.keys, name, "x")
    assert isinstance(refused.value, Refusal) and refused.value.fields["name"].code == "reserved_name"


def test_c11_no_partner_passes_for_another_by_letter_case(world: World) -> None:
    world.do(partners.create, world.deps.keys, "Tea-House", "茶馆")
    for name in ("tea-house", "TEA-HOUSE", "Tea-House"):
        with pytest.raises(Conflict, match="partner_exists"):
            world.do(partners.create, world.deps.keys, name, "x")


@pytest.mark.parametrize("kind", ["offline", "partner", "monthly", "behaviour", "consumption"])
def test_p10_a_strangers_gift_does_not_call_itself_what_only_we_write(api: Api, kind: str) -> None:
    refused = api.post("/donations", api.command(10_00, channel={"kind": kind}))
    assert refused.status_code == 422


@pytest.mark.parametrize("kind", ["web", "livestream", "video", "poster", "station"])
def test_p10_where_a_donor_came_from_may_be_said(api: Api, kind: str) -> None:
    assert api.post("/donations", api.command(10_00, channel={"kind": kind, "code": "host-7"})).status_code == 201
