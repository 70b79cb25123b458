"""Replies kept for a repetition hold a donor's words only as long as the donor's key exists."""

import json
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from app.http.repeats import HEADER, REPLAYED
from campaigns.network.replies import StoredReply, context_of
from campaigns.privacy.erase import erase
from campaigns.privacy.person import person_by_contact
from kernel.db import Tx
from kernel.keys import CONTENT_MARK
from tests.api.client import Api, problem
from tests.privacy.people import APPEAL, NAME, PHONE, QUESTION, REFUND_WORDS, give_everything, traces
from tests.world import World

ISSUED = {"code": "41060125", "number": "0123456789", "check_code": "a1b2c3", "issued_on": "2026-09-02"}
ANSWER = {"answer": "我们看过了"}
REASON = {"reason": "我们看过了"}
# Acts of managers whose reply shows what the donor wrote: query for the resource, address, body, the words.
ACTS = {
    "question": ("SELECT id FROM donor_question", "/questions/{}/answer", ANSWER, QUESTION),
    "refund": ("SELECT id FROM refund_request", "/refund-requests/{}/decline", REASON, REFUND_WORDS),
    "receipt": ("SELECT id FROM receipt_request", "/receipt-requests/{}/withdraw", REASON, NAME),
    "appeal": ("SELECT id FROM screening_case WHERE appeal <> ''", "/cases/{}/release", REASON, APPEAL),
}


def send(api: Api, path: str, body: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {api.token()}", HEADER: "once"}
    return api.http.post(f"/api/v1{path}", data=json.dumps(body), headers=headers, content_type="application/json")


def unkeyed(path: str, body: Any) -> str:
    """The fingerprint of a request as anybody can compute it who guesses its body."""
    return sha256(b"\x1f".join((f"POST /api/v1{path}?".encode(), json.dumps(body).encode()))).hexdigest()


def opened_with_field_key(world: World) -> str:
    """All that FIELD_KEY alone opens of the replies."""

    def bodies(tx: Tx) -> list[bytes]:
        rows = tx.all(select(StoredReply))
        return [world.deps.keys.unwrap(bytes(row.sealed), context_of(row.owner, row.key)) for row in rows]

    return "\n".join(body.decode("latin-1") + body.decode(errors="replace") for body in world.do(bodies))


@pytest.mark.parametrize("act", list(ACTS))
def test_a_kept_reply_with_a_donors_words_ends_with_the_donor(api: Api, world: World, act: str) -> None:
    give_everything(world)
    query, path, body, words = ACTS[act]
    path = path.format(world.do(lambda tx: tx.scalar(query)))
    first, again = (send(api, path, body) for _ in range(2))
    assert first.status_code == 200 and traces(first.text, (words,)) == [words]
    assert (again.data, again.headers[REPLAYED]) == (first.data, "true")
    assert traces(opened_with_field_key(world), (words,)) == []
    with world.db.transaction() as tx:
        erase(world.deps, tx, person_by_contact(tx, world.deps.keys, PHONE), "test", "manager")
    before = world.totals()
    problem(send(api, path, body), 409, "idempotency_reply_erased")
    assert world.totals() == before


def test_a_kept_reply_without_personal_data_outlives_an_erasure(api: Api, world: World) -> None:
    give_everything(world)
    pot = world.pot(10_00, name="other")
    path, body = f"/pots/{pot}/top-ups", {"amount_minor": 1_00}
    first = send(api, path, body)
    with world.db.transaction() as tx:
        erase(world.deps, tx, person_by_contact(tx, world.deps.keys, PHONE), "test", "manager")
    assert (send(api, path, body).data, first.status_code) == (first.data, 201)


def test_the_phone_number_cannot_be_guessed_from_a_kept_request(api: Api, world: World) -> None:
    """The body of the request for an erasure has the phone number; its fingerprint stays for three days."""
    give_everything(world)
    assert send(api, "/donors/erasure", {"contact": PHONE}).status_code == 200
    kept = world.do(lambda tx: tx.scalar("SELECT fingerprint FROM stored_reply"))
    assert kept.startswith(CONTENT_MARK)
    assert unkeyed("/donors/erasure", {"contact": PHONE})[:20] not in kept


def test_a_repetition_of_a_request_from_before_an_upgrade_has_no_second_effect(api: Api, world: World) -> None:
    """Earlier versions stored the fingerprint itself."""
    pot = world.pot(100_00)
    path, body = f"/pots/{pot}/top-ups", {"amount_minor": 1_00}
    assert send(api, path, body).status_code == 201
    world.do(lambda tx: tx.run("UPDATE stored_reply SET fingerprint = :kept", kept=unkeyed(path, body)))
    assert send(api, path, body).headers[REPLAYED] == "true"
    assert world.pots()[pot].funded_minor == 101_00
