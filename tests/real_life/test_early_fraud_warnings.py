"""Early fraud warnings of the provider are a sign for reviewers, with their evidence. Amounts are fen."""

from typing import Any

from campaigns.donations.view import DonationView
from campaigns.screening import decide
from campaigns.screening.screen import screen
from tests.screening.watched import case_of, codes
from tests.web.conftest import app, clock, manager, reader, world
from tests.web.reader import Reader, text
from tests.world import World

__all__ = ["app", "clock", "manager", "reader", "world"]


def warn(world: World, donation: DonationView, reference: str = "issfr_1", **more: Any) -> None:
    world.tell(
        "radar.early_fraud_warning.created",
        {
            "id": reference,
            "object": "radar.early_fraud_warning",
            "actionable": True,
            "charge": f"ch_{donation.id.hex}",
            "payment_intent": f"pi_{donation.id.hex}",
            "fraud_type": "made_with_stolen_card",
        }
        | more,
    )
    world.settle()


def warnings(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM fraud_warning")))


def test_a_warning_puts_the_match_on_hold_and_is_shown_with_its_evidence(world: World, manager: Reader) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give(100_00))
    assert screen(world.deps) == 0
    warn(world, donation)
    warn(world, donation)
    assert (warnings(world), screen(world.deps)) == (1, 1)
    case = case_of(world, donation.id)
    assert codes(case) == ["fraud_warning"]
    evidence = case["signals"][0]["evidence"]
    assert (evidence["warning"], evidence["fraud_type"]) == ("issfr_1", "made_with_stolen_card")
    assert world.view(donation).held_minor == 100_00
    page = text(manager.open(f"/console/campaigns/{world.slug}/cases"))
    assert "卡组织预警：这笔付款可能是欺诈" in page and "被盗的卡" in page and "issfr_1" in page
    assert "Card network warning" in text(manager.open(f"/console/campaigns/{world.slug}/cases?lang=en"))
    assert "被盗的卡" in text(manager.open(f"/console/donations/{donation.id}?lang=zh"))
    world.check()


def test_a_warning_before_its_payment_is_not_lost(world: World) -> None:
    world.pot(1_000_00)
    donation = world.give(100_00)
    world.tell("payment_intent.processing", world.intent(donation))
    world.settle()
    warn(world, donation, fraud_type="misc")
    assert screen(world.deps) == 0
    world.pay(donation)
    assert screen(world.deps) == 1
    assert codes(case_of(world, donation.id)) == ["fraud_warning"]
    world.check()


def test_a_warning_is_added_to_a_case_that_waits_and_a_decided_one_stays(world: World) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give(100_00))
    warn(world, donation)
    screen(world.deps)
    for _ in range(2):
        warn(world, donation, "issfr_2")
        screen(world.deps)
    case = case_of(world, donation.id)
    assert [signal["evidence"]["warning"] for signal in case["signals"]] == ["issfr_1", "issfr_2"]
    world.do(decide.clear, case["id"], "查实为本人", "li")
    warn(world, donation, "issfr_3")
    screen(world.deps)
    assert len(case_of(world, donation.id)["signals"]) == 2 and warnings(world) == 3
    assert world.view(donation).captured_minor == 100_00
    world.check()


def test_a_warning_without_its_kind_is_one_of_another_kind(world: World) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give(100_00))
    warn(world, donation, fraud_type=None)
    screen(world.deps)
    assert case_of(world, donation.id)["signals"][0]["evidence"]["fraud_type"] == "misc"
