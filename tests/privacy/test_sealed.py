"""Nothing personal lies in clear, whatever way it came."""

import json
import re
from typing import Any

import pytest

from campaigns.donations.donors.contact import message_of, read_contact
from campaigns.network.replies import Reply, RequestKey, remember
from campaigns.network.replies import claim as claim_reply
from campaigns.privacy.rewrap import rewrap
from kernel.keys import Keys
from payments.inbox.inbox import claim, store
from payments.inbox.message_keys import MessageSealing, opening_keys
from payments.inbox.personal_parts import join, kept_of, split
from payments.inbox.sealed_messages import _json, _parsed
from payments.messages import message
from tests.api.client import Api
from tests.privacy.people import APPEAL, DONOR, MESSAGE, PHONE, REFUND_WORDS, dump, give_everything, traces
from tests.stack import ROOT
from tests.world import World

WRAPPING = ("app", "campaigns", "payments")


def test_nothing_is_in_clear_and_all_of_it_comes_back(world: World, api: Api) -> None:
    left = give_everything(world)
    assert traces(dump(world)) == []
    assert world.do(read_contact, world.deps.keys, left.own) == DONOR.contact() | {"message": MESSAGE}
    assert world.do(message_of, world.deps.keys, left.own) == MESSAGE
    requests = api.get("/refund-requests", api.token()).get_json()
    assert [row["reason"] for row in requests] == [REFUND_WORDS]
    case = world.do(lambda tx: tx.scalar("SELECT id FROM screening_case WHERE donation_id = :id", id=left.own))
    assert api.get(f"/cases/{case}", api.token()).get_json()["appeal"] == APPEAL
    token = world.deps.keys.token(str(left.own))
    assert api.get(f"/donations/{left.own}", token).get_json()["message"] == MESSAGE
    world.check()


def test_the_search_finds_what_is_there() -> None:
    """The negative control of `traces`."""
    for form in (PHONE, PHONE.encode().hex(), json.dumps({"m": MESSAGE}), f"x{APPEAL}y"):
        assert traces(form), form


def test_a_repeated_request_is_recognised_by_a_keyed_hash(world: World) -> None:
    command = world.command(10_00, donor=DONOR)
    first, again = world.try_give(command), world.try_give(command)
    assert first[0].donation.id == again[0].donation.id and not again[0].created  # type: ignore[union-attr]
    stored = world.do(lambda tx: tx.scalar("SELECT request_hash FROM donation"))
    assert stored.startswith("k:") and command.body_hash() not in stored


def test_a_request_of_an_earlier_version_is_still_repeated(world: World) -> None:
    command = world.command(10_00, donor=DONOR)
    world.try_give(command)
    world.do(lambda tx: tx.run("UPDATE donation SET request_hash = :hash", hash=command.body_hash()))
    assert not world.try_give(command)[0].created  # type: ignore[union-attr]


@pytest.mark.parametrize("source", ["partner:x", "stripe"])
def test_a_message_is_put_together_as_it_was(source: str) -> None:
    body = {
        "id": "e",
        "type": "t",
        "data": {
            "donation_id": "D",
            "donor": {"key": "k"},
            "object": {"id": "pi", "latest_charge": {"id": "ch", "x": 1}},
        },
        "new_field": [1, {"deep": None}],
        "occurred_at": {"not": "a time"},
    }
    clear, rest = split(body, kept_of(source))
    assert "k" not in json.dumps(clear["data"].get("donor", {})) and "new_field" in rest
    assert join(clear, json.loads(json.dumps(rest))) == body


@pytest.mark.parametrize("number", [10**18, 2**63, 10**19 - 1, 2**70, -(2**70), 0.1])
def test_a_number_is_the_same_once_opened(number: float) -> None:
    read = _parsed(_json({"number": number}).encode())["number"]
    assert (read, type(read)) == (number, type(number))


def test_messages_with_and_without_a_personal_part_come_back_in_their_order(world: World) -> None:
    bodies: list[dict[str, Any]] = [
        {"id": "paid-1", "type": "donation.paid", "data": {"donation_id": "1", "donor": {"key": "k-1"}}},
        {"id": "refunded-1", "type": "donation.refunded", "data": {"donation_id": "1", "amount_minor": 5}},
        {"id": "paid-2", "type": "donation.paid", "data": {"donation_id": "2", "donor": {"key": "k-2"}}},
    ]
    world.do(store, world.deps.keys, [message("partner:x", body["id"], body, compare=True) for body in bodies])
    assert [row.body for row in world.do(claim, world.deps.keys, 3)] == bodies


def test_a_providers_event_keeps_the_fields_that_the_engine_reads(world: World) -> None:
    donation = world.give(10_00)
    card = {"card": {"fingerprint": "fp-of-li", "last4": "4242"}, "type": "card"}
    charge = {
        "id": "ch_1",
        "amount_refunded": 0,
        "payment_method_details": card,
        "billing_details": {"name": "李四"},
    }
    world.tell(
        "payment_intent.succeeded", world.intent(donation, latest_charge=charge, receipt_email="li@example.org")
    )
    assert traces(dump(world), ("fp-of-li", "4242", "李四", "li@example.org")) == []
    world.settle()
    assert world.view(donation).status == "paid"
    assert world.do(lambda tx: tx.scalar("SELECT instrument FROM donation")).startswith("card:")
    assert traces(dump(world), ("fp-of-li", "李四")) == []
    world.check()


def test_another_field_key_opens_what_was_wrapped_anew(world: World) -> None:
    left = give_everything(world)
    waiting = {"id": "late", "type": "donation.paid", "data": {"donor": {"key": PHONE}}}
    world.do(store, world.deps.keys, [message("partner:plat", "late", waiting, compare=True)])
    new = Keys("test-secret", "new-field-key", "test-field-key", "test-field-key")
    alone = Keys("test-secret", "new-field-key", lookup_key="test-field-key")
    assert world.do(read_contact, new, left.own)["phone"] == DONOR.phone  # while the old key is named
    with pytest.raises(ValueError, match="another key"):
        world.do(read_contact, alone, left.own)
    request = RequestKey("token:1", "key-1", "POST")
    assert world.do(claim_reply, world.deps.keys, request, wait=True) is None
    world.do(remember, world.deps.keys, request, Reply(201, "", "application/json", b"{}"))
    assert rewrap(world.db, new) >= 5  # two people, a day, a partner, a reply
    assert world.do(claim_reply, alone, request, wait=True).body == b"{}"
    assert world.do(read_contact, alone, left.own)["phone"] == DONOR.phone
    assert [row.body for row in world.do(claim, alone, 1)] == [waiting]
    with pytest.raises(ValueError, match="another key"):
        world.do(read_contact, world.deps.keys, left.own)
    assert rewrap(world.db, new) == 3  # both secrets of the partner and the reply have no mark: wrapped again
    assert alone.lookup("x") == world.deps.keys.lookup("x")


def test_all_that_is_wrapped_with_the_field_key_is_wrapped_anew() -> None:
    """Whoever wraps a new kind of row adds it to `campaigns/privacy/rewrap.py`. A refused form lies in a cookie."""
    rewrapping = (ROOT / "campaigns" / "privacy" / "rewrap.py").read_text()
    sources = {path: path.read_text() for folder in WRAPPING for path in (ROOT / folder).rglob("*.py")}
    wrapping = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path, source in sources.items()
        if re.search(r"keys\.wrap(_each|_text)?\(", source)
    } - {"campaigns.privacy.rewrap", "app.console.refused_form"}
    assert len(wrapping) >= 7
    assert [module for module in sorted(wrapping) if f"from {module} import" not in rewrapping] == []


def test_a_days_key_is_made_once(world: World) -> None:
    for name in ("a", "b"):
        world.do(store, world.deps.keys, [message("partner:p", name, {"data": {"donor": name}}, compare=True)])
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM message_key")) == 1
    (key,) = world.do(opening_keys, world.deps.keys, [1, 0, 99])
    assert key == 1 and MessageSealing._fields == ("id", "key")
