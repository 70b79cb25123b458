"""A person is erased: nobody can tell any more who gave, and the books are what they were."""

import json
from uuid import UUID

import pytest

from campaigns.check import check_books
from campaigns.donations.donors.contact import Donor, identity_key
from campaigns.donations.donors.identity import contact_identity
from campaigns.donations.facts.replay import replay
from campaigns.donations.refunds.refund_requests import request_money_back
from campaigns.privacy.erase import erase
from campaigns.privacy.export import export
from campaigns.privacy.person import Person, alone, person_by_contact, person_of_donation
from campaigns.privacy.retention import forget_messages, unlink_erased
from kernel.errors import Conflict, NotFound
from payments.inbox.inbox import store
from payments.inbox.sealed_messages import opened
from payments.messages import message
from tests.api.client import Api, problem
from tests.closing.partner import event, tell
from tests.privacy.people import (
    APPEAL,
    DONOR,
    EMAIL,
    MARKS,
    MESSAGE,
    NAME,
    PHONE,
    PLATFORM_NAME,
    REFUND_WORDS,
    dump,
    fresh,
    give_everything,
    traces,
)
from tests.world import SLUG, World


def erase_by(world: World, contact: str) -> None:
    with world.db.transaction() as tx:
        erase(world.deps, tx, person_by_contact(tx, world.deps.keys, contact), "test", "manager")


def figures(world: World) -> object:
    return world.totals(), world.pots(), list(world.do(lambda tx: tx.rows(MONEY)))


MONEY = (
    "SELECT id, campaign_id, project_id, amount_minor, refunded_minor, status, paid_at FROM donation ORDER BY id"
)


@pytest.mark.parametrize("contact", [PHONE, f"+86{PHONE}", EMAIL])
def test_a_dump_after_an_erasure_holds_nothing_of_the_person(world: World, contact: str) -> None:
    left = give_everything(world)
    before = figures(world)
    keys = stored_keys(world)
    erase_by(world, PHONE if contact == EMAIL else contact)
    after = dump(world)
    assert traces(after) == []
    assert figures(world) == before
    assert openable(world) == []
    donor_key = identity_key(world.deps.keys, contact_identity(PHONE))  # type: ignore[arg-type]
    assert donor_key in keys and donor_key not in after
    assert world.view(left.own).erased_at is not None
    world.check()
    assert replay(world.deps, SLUG).differences == ()


def stored_keys(world: World) -> set[str]:
    return {row.donor_key for row in world.do(lambda tx: tx.rows("SELECT donor_key FROM donation"))}


def openable(world: World) -> list[str]:
    """What FIELD_KEY still opens of people and their messages, with all that a dump holds."""
    with world.db.transaction() as tx:
        people = [str(row.donation_id) for row in tx.rows("SELECT donation_id FROM person_key")]
        messages = tx.rows("SELECT source, event_id, body, sealed, sealed_by FROM inbox_event")
        return people + traces(json.dumps(opened(tx, world.deps.keys, messages), ensure_ascii=False))


def test_without_the_table_of_keys_a_backup_from_before_opens_nothing(world: World) -> None:
    """FIELD_KEY and the sealed bytes alone do not lead back."""
    left = give_everything(world)
    backup = world.do(lambda tx: tx.rows("SELECT donation_id, sealed FROM donation_contact"))
    erase_by(world, PHONE)
    for row in backup:
        with pytest.raises(ValueError, match="another key"):
            world.deps.keys.unwrap(bytes(row.sealed), str(row.donation_id))
    assert {row.donation_id for row in backup} == {left.own, left.platform}


def test_a_person_is_found_by_an_email_given_beside_a_phone_number(world: World) -> None:
    donation = world.give(10_00, donor=DONOR)
    world.pay(donation)
    person = world.do(person_by_contact, world.deps.keys, EMAIL.upper())
    assert list(person.donations) == [donation.id]


def test_one_who_gives_again_is_still_one_donor_until_the_result_is_published(world: World) -> None:
    """Cap of 50 yuan per donor: 40 were matched before, so 10 are left."""
    give_everything(world)
    erase_by(world, PHONE)
    (again,) = world.try_give(fresh(world))
    assert again.donation.reserved_minor == 0  # type: ignore[union-attr]  # 40 + 10 of the platform's 30
    (stranger,) = world.try_give(world.command(40_00, donor=Donor(phone="13800000000")))
    assert stranger.donation.reserved_minor == 40_00  # type: ignore[union-attr]
    world.check()


def test_with_the_publication_the_last_trace_goes(world: World) -> None:
    give_everything(world)
    erase_by(world, PHONE)
    before = stored_keys(world)
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM erased_donor")) == 1
    assert unlink_erased(world.deps) == 0  # the campaign goes on
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'notice'"))
    assert unlink_erased(world.deps) == 1
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'open'"))
    assert not stored_keys(world) & before
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM donation WHERE device_key IS NOT NULL")) == 0
    (again,) = world.try_give(fresh(world))
    assert again.donation.reserved_minor == 40_00  # type: ignore[union-attr]
    world.check()


def test_the_holder_of_a_token_erases_that_donation_only(world: World) -> None:
    """Anyone can type a phone number: the token of one donation says nothing of the others."""
    left = give_everything(world)
    with world.db.transaction() as tx:
        erase(world.deps, tx, alone(tx, left.own), "donor", "donor")
    assert traces(dump(world)) == []
    exported = world.do(lambda tx: export(world.deps, tx, person_of_donation(tx, left.platform), "test"))
    assert [row["personal"]["name"] for row in exported["donations"]] == [PLATFORM_NAME]
    world.check()
    with pytest.raises(NotFound, match="donor_unknown"):
        world.do(alone, left.own)


def test_a_donor_known_only_by_a_shared_browser_is_one_donation(world: World) -> None:
    """A tablet at a stand: others gave there too."""
    gifts = [world.give(10_00, donor=Donor(name=name), visitor="tablet") for name in (NAME, "孙丙")]
    for gift in gifts:
        world.pay(gift)
    person = world.do(person_of_donation, gifts[0].id)
    assert person == Person((), [gifts[0].id])
    world.do(lambda tx: erase(world.deps, tx, person, "test", "manager"))
    exported = world.do(lambda tx: export(world.deps, tx, person_of_donation(tx, gifts[1].id), "test"))
    assert exported["donations"][0]["personal"] == {"name": "孙丙"}
    world.check()


def test_a_donor_is_not_erased_while_a_payment_is_awaited(world: World) -> None:
    donation = world.give(10_00, donor=DONOR)
    with pytest.raises(Conflict, match="erasure_awaits_payment"):
        erase_by(world, PHONE)
    world.pay(donation)
    erase_by(world, PHONE)
    with pytest.raises(NotFound, match="donor_unknown"):
        erase_by(world, PHONE)
    world.check()


def test_words_written_after_an_erasure_are_erased(world: World) -> None:
    donation = world.give(10_00, donor=DONOR)
    world.pay(donation)
    erase_by(world, PHONE)
    world.do(request_money_back, world.deps.keys, donation.id, None, REFUND_WORDS)
    assert traces(dump(world)) == []
    exported = world.do(lambda tx: export(world.deps, tx, person_of_donation(tx, donation.id), "test"))
    assert exported["donations"][0]["refund_requests"][0]["reason"] == REFUND_WORDS
    world.do(lambda tx: erase(world.deps, tx, alone(tx, donation.id), "donor", "donor"))
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM person_key")) == 0
    with pytest.raises(NotFound, match="donor_unknown"):
        world.do(alone, donation.id)
    world.check()


def test_an_event_repeated_after_the_erasure_is_a_repetition(world: World) -> None:
    give_everything(world)
    erase_by(world, PHONE)
    donor = {"key": f"+86{PHONE}", "name": PLATFORM_NAME}
    assert tell(world, "plat", "order-1", 30_00, donor=donor, remark=MESSAGE).repeated == 1
    assert traces(dump(world)) == []
    world.check()


def test_a_message_that_waits_loses_its_donor_and_counts_all_the_same(world: World) -> None:
    give_everything(world)
    donor = {"key": f"+86{PHONE}", "name": PLATFORM_NAME}
    tell(world, "plat", "order-2", 5_00, donor=donor, project_code="P-later")
    world.settle()
    erase_by(world, PHONE)
    world.do(lambda tx: tx.run("UPDATE project SET code = 'P-later' WHERE id = :id", id=world.projects[0]))
    world.clock.advance(minutes=2)
    world.settle()
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM donation WHERE amount_minor = 500")) == 1
    assert traces(dump(world)) == []
    world.check()


def test_the_audit_trail_says_what_was_done_and_to_whom_nothing(world: World, api: Api) -> None:
    left = give_everything(world)
    response = api.post("/donors/erasure", {"contact": PHONE}, api.token())
    assert response.get_json()["donations"] == 2
    rows = world.do(lambda tx: tx.rows("SELECT actor, detail FROM audit_entry WHERE action = 'donors.erase'"))
    assert [sorted(row.detail["donations"]) for row in rows] == [sorted(map(str, left))]
    assert traces(json.dumps([row.detail for row in rows], ensure_ascii=False)) == []


def test_an_export_holds_all_that_they_left(world: World, api: Api) -> None:
    give_everything(world)
    response = api.post("/donors/export", {"contact": f"0086{PHONE}"}, api.token())
    assert response.status_code == 200 and traces(response.text) == list(MARKS)
    body = response.get_json()
    own = next(row for row in body["donations"] if row["channel"] == "web")
    assert own["personal"] == DONOR.contact() | {"message": MESSAGE}
    assert [row["reason"] for row in own["refund_requests"]] == [REFUND_WORDS]
    assert [row["appeal"] for row in own["appeals"]] == [APPEAL]
    (consent,) = own["consents"]
    assert (consent["publish_name"], consent["use_contact"], consent["how"]) == (True, True, "web")
    erase_by(world, PHONE)
    assert problem(api.post("/donors/export", {"contact": PHONE}, api.token()), 404, "donor_unknown")


def test_consents_stay_and_end(world: World) -> None:
    left = give_everything(world)
    erase_by(world, PHONE)
    rows = world.do(
        lambda tx: tx.rows("SELECT publish_name, how FROM consent WHERE donation_id = :id ORDER BY id", id=left.own)
    )
    assert [tuple(row) for row in rows] == [(True, "web"), (False, "manager")]


def test_a_donor_downloads_and_erases_with_their_token(world: World, api: Api) -> None:
    left = give_everything(world)
    token = world.deps.keys.token(str(left.own))
    own = api.get(f"/donations/{left.own}/personal-data", token)
    assert NAME in own.text and PLATFORM_NAME not in own.text
    assert api.get(f"/donations/{left.platform}/personal-data", token).status_code == 401
    assert api.post(f"/donations/{left.own}/erasure", None, token).get_json()["donations"] == 1
    assert api.get(f"/donations/{left.own}", token).get_json()["erased_at"] is not None
    assert problem(api.get(f"/donations/{left.own}/personal-data", token), 404, "donor_unknown")
    acts = world.do(lambda tx: tx.rows("SELECT action, address FROM audit_entry WHERE actor = 'donor' ORDER BY id"))
    assert [row.action for row in acts][-2:] == ["donor.export", "donor.erase"]
    assert {row.address for row in acts} == {""}  # nothing is kept of where a donor was


@pytest.mark.parametrize("role", ["manager", "finance", "auditor", "reviewer", "liaison"])
def test_only_an_admin_looks_at_a_person(world: World, api: Api, role: str) -> None:
    give_everything(world)
    for path in ("/donors/export", "/donors/erasure"):
        problem(api.post(path, {"contact": PHONE}, api.token(role)), 403, "not_permitted")


@pytest.mark.parametrize("body", [{}, {"contact": "张三"}, {"contact": PHONE, "donation": str(UUID(int=4))}])
def test_an_unclear_contact_is_refused(api: Api, body: dict[str, str]) -> None:
    problem(api.post("/donors/export", body, api.token()), 422, "contact_invalid")


def test_old_messages_are_forgotten_and_still_recognised(world: World) -> None:
    """The clear part stays for the books and for repetitions; what waits is kept."""
    give_everything(world)
    paid_at = world.clock.at
    late = event("order-9", 9_00, at=paid_at, project_code="P-none", donor={"key": "u9", "name": "周丁"})
    world.do(store, world.deps.keys, [message("partner:plat", late["id"], late, compare=True)])
    world.settle()
    world.clock.advance(days=world.deps.message_days + 1)
    assert forget_messages(world.deps) == 1 and forget_messages(world.deps) == 0
    donor = {"key": f"+86{PHONE}", "name": PLATFORM_NAME}
    stored = tell(world, "plat", "order-1", 30_00, at=paid_at, donor=donor, remark=MESSAGE)
    assert stored[:3] == (0, 1, 0)
    exported = world.do(lambda tx: export(world.deps, tx, person_by_contact(tx, world.deps.keys, PHONE), "t"))
    assert PLATFORM_NAME not in str(exported["messages"])
    world.do(lambda tx: tx.run("UPDATE project SET code = 'P-none' WHERE id = :id", id=world.projects[0]))
    world.settle()
    name = world.do(lambda tx: tx.rows("SELECT id FROM donation WHERE amount_minor = 900"))
    personal = world.do(lambda tx: export(world.deps, tx, alone(tx, name[0].id), "t"))["donations"][0]["personal"]
    assert personal == {"name": "周丁"}
    with world.db.snapshot() as tx:
        assert check_books(tx) == []
