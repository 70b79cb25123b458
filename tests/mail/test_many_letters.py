"""Thanks for many payments that are settled together: stored as one row, and written out by the job."""

import pytest

from campaigns.donations.donors.contact import Donor
from campaigns.donations.letters import letters as queue
from campaigns.donations.letters.outbox import drop_old
from campaigns.donations.view import DonationView
from campaigns.privacy.erase import erase
from campaigns.privacy.person import alone
from tests.mail.conftest import MailServer
from tests.mail.test_letters import DONOR, letters, send
from tests.world import World

OTHER = Donor(name="小暑", email="xiaoshu@example.org")


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_MANY", 3)


def pay_together(world: World, *donors: Donor) -> list[DonationView]:
    gifts = [world.give(100_00, donor=donor) for donor in donors]
    for gift in gifts:
        world.tell("payment_intent.succeeded", world.intent(gift))
    world.settle()
    return gifts


def batches(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM letter_batch")))


def test_each_donor_who_can_be_reached_is_thanked_once(world: World, mail_server: MailServer) -> None:
    pay_together(world, DONOR, OTHER, Donor(phone="13800138000"))
    assert (batches(world), letters(world)) == (1, [])
    assert send(world, mail_server) == 2 and send(world, mail_server) == 0
    assert {letter["To"] for letter in mail_server.letters} == {"xiaoman@example.org", "xiaoshu@example.org"}
    assert (batches(world), letters(world)) == (0, [("thanks", "sent", 1, "")] * 2)


def test_a_batch_that_is_written_out_again_adds_nothing(world: World, mail_server: MailServer) -> None:
    gifts = pay_together(world, DONOR, OTHER, DONOR)
    again = [gift.id for gift in gifts]
    world.do(lambda tx: tx.run(queue._QUEUE_BATCH, kind="thanks", donation_ids=again, now=tx.now))
    assert batches(world) == 2
    assert send(world, mail_server) == 3 and send(world, mail_server) == 0
    assert len(mail_server.letters) == 3


def test_who_declined_or_was_erased_meanwhile_gets_none(world: World, mail_server: MailServer) -> None:
    declined, erased, _ = pay_together(world, DONOR, OTHER, OTHER)
    world.do(queue.decline_letters, declined.id, "page")
    world.do(lambda tx: erase(world.deps, tx, alone(tx, erased.id), "donor", "donor"))
    assert send(world, mail_server) == 1
    assert [letter["To"] for letter in mail_server.letters] == ["xiaoshu@example.org"]


def test_the_time_of_the_payment_decides_when_a_letter_is_too_old(world: World) -> None:
    pay_together(world, DONOR, OTHER, DONOR)
    world.clock.advance(minutes=3 * 24 * 60 + 1)
    world.do(queue.write_batches, 10)
    assert world.do(drop_old) == 3
