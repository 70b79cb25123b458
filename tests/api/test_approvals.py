"""Two people for what is large or cannot be undone: asked for by one, approved or declined by another."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlmodel import col, select

from app.http.repeats import HEADER, REPLAYED
from app.jobs.registry import run as run_job
from app.jobs.runs import Unit
from campaigns.audit import AuditEntry
from campaigns.closing.reconciliation.sign_off_together import groups
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network import second_factor, tree
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from config import BadSettings, load
from kernel.db import Tx
from tests.api.approvals import LIMIT, app, ask, decide, paid, refunds, second
from tests.api.client import PRODUCTION, SECRETS, Api, application, problem
from tests.api.test_repeats import send
from tests.api.test_rights import snapshot
from tests.races.runners import at_once
from tests.web.reader import PASSWORD
from tests.world import World

__all__ = ["app", "second"]


def test_a_refund_above_the_limit_waits_and_is_done_by_the_second_person(
    api: Api, world: World, second: str
) -> None:
    donation = paid(world, 300_00)
    body = {"amount_minor": LIMIT + 1, "reason": "asked for"}
    approval = ask(api, f"/donations/{donation.id}/refunds", body)
    assert (approval["act"], approval["stake_minor"], approval["subject"]) == (
        "donation.refund",
        LIMIT + 1,
        str(donation.id),
    )
    assert approval["arguments"] == {"amount_minor": LIMIT + 1}
    assert refunds(world) == []
    problem(decide(api, approval, api.token()), 403, "approval_own")
    assert refunds(world) == []
    done = decide(api, approval, second, note="looked at it")
    assert (done.status_code, done.get_json()["state"], done.get_json()["decided_by"]) == (
        200,
        "approved",
        "token:second person",
    )
    assert refunds(world) == [(LIMIT + 1, "asked for", "token:second person")]
    problem(decide(api, approval, second), 409, "approval_ended")
    assert len(refunds(world)) == 1
    world.check()


def test_at_the_limit_one_person_is_enough(api: Api, world: World) -> None:
    donation = paid(world, 300_00)
    for amount_minor in (LIMIT, 1):
        body = {"amount_minor": amount_minor, "reason": "asked for"}
        assert api.post(f"/donations/{donation.id}/refunds", body, api.token()).status_code == 201


def test_all_that_is_left_counts_as_its_amount(api: Api, world: World) -> None:
    donation = paid(world, LIMIT + 1)
    assert ask(api, f"/donations/{donation.id}/refunds", {"reason": "asked for"})["stake_minor"] == LIMIT + 1


def test_a_declined_act_is_not_done_and_can_be_asked_for_again(api: Api, world: World, second: str) -> None:
    donation = paid(world, 300_00)
    body = {"reason": "asked for"}
    approval = ask(api, f"/donations/{donation.id}/refunds", body)
    problem(decide(api, approval, second, "decline"), 422, "validation_failed")
    problem(decide(api, approval, second, "decline", note=" "), 422, "reason_missing")
    problem(decide(api, approval, api.token(), "decline", note="mine"), 403, "approval_own")
    declined = decide(api, approval, second, "decline", note="not enough said").get_json()
    assert (declined["state"], declined["note"]) == ("declined", "not enough said")
    problem(decide(api, approval, second), 409, "approval_ended")
    assert refunds(world) == []
    assert ask(api, f"/donations/{donation.id}/refunds", body)["id"] != approval["id"]


def test_the_same_again_is_the_same_approval_and_another_must_wait(api: Api, world: World, second: str) -> None:
    path = f"/donations/{paid(world, 300_00).id}/refunds"
    first = ask(api, path, {"reason": "asked for"})
    assert ask(api, path, {"reason": "asked for"}) == first
    refused = problem(api.post(path, {"reason": "another"}, api.token()), 409, "approval_open")
    assert refused["approval"] == first["id"]
    problem(api.post(path, {"reason": "asked for"}, second), 409, "approval_open")


NAMED = ("provider", "cause", "day", "differences", "stake_minor")


def test_groups_of_differences_wait_beside_each_other(api: Api, world: World, second: str) -> None:
    for cause, sum_minor in (("missing_here", LIMIT + 1), ("fee", LIMIT + 2)):
        world.do(
            lambda tx, cause=cause, sum_minor=sum_minor: tx.run(
                """INSERT INTO discrepancy (campaign_id, provider, cause, reference, sum_minor, ours_minor,
                                            theirs_minor, state, reason, actor, found_at)
                   SELECT id, 'partner:plat', :cause, 'L-1', :sum, 0, :sum, 'open', '', '', now()
                     FROM campaign WHERE slug = :slug""",
                cause=cause,
                sum=sum_minor,
                slug=world.slug,
            )
        )
    path = f"/campaigns/{world.slug}/discrepancies/sign-off"
    campaign = world.do(find_campaign, world.slug)
    bodies = [
        {name: str(value) if name == "day" else value for name, value in group._asdict().items() if name in NAMED}
        | {"reason": "looked into"}
        for group in world.do(groups, campaign.id)
    ]
    approvals = [ask(api, path, body) for body in bodies]
    assert approvals[0]["id"] != approvals[1]["id"]
    problem(api.post(path, bodies[0] | {"reason": "another"}, api.token()), 409, "approval_open")
    for approval in approvals:
        assert decide(api, approval, second).status_code == 200
    signed = world.do(lambda tx: tx.rows("SELECT state FROM discrepancy"))
    assert [row.state for row in signed] == ["signed_off", "signed_off"]


def test_an_act_that_would_be_refused_is_refused_when_it_is_requested(api: Api, world: World) -> None:
    donation, token = paid(world, 300_00), api.token()
    before = snapshot(world)
    path = f"/donations/{donation.id}/refunds"
    problem(api.post(path, {"amount_minor": 400_00, "reason": "x"}, token), 409, "refund_exceeds")
    problem(api.post(f"/donations/{uuid4()}/refunds", {"reason": "x"}, token), 404, "donation_unknown")
    problem(api.post(f"/campaigns/{world.slug}/cancel", {"reason": ""}, token), 422, "reason_missing")
    assert snapshot(world) == before


def test_an_act_that_is_refused_when_it_is_approved_still_waits_and_changes_nothing(
    api: Api, world: World, second: str
) -> None:
    pot = world.pot(300_00)
    approval = ask(api, f"/pots/{pot}/reductions", {"amount_minor": 250_00})
    world.give(100_00)  # reserves what should go
    before = snapshot(world)
    problem(decide(api, approval, second), 409, "pot_short")
    assert snapshot(world) == before
    assert api.get(f"/approvals/{approval['id']}", second).get_json()["state"] == "open"
    assert world.pots()[pot].funded_minor == 300_00


def test_a_role_without_the_right_and_a_neighbour_decide_nothing(api: Api, world: World) -> None:
    approval = ask(api, f"/donations/{paid(world, 300_00).id}/refunds", {"reason": "asked for"})
    roles = [api.token(role) for role in ("auditor", "liaison", "reviewer")]
    neighbour = world.do(create_token, "admin", "neighbour", branch_code="4102")
    before = snapshot(world)
    for token in roles:
        problem(decide(api, approval, token), 403, "not_permitted")
    for call in (
        decide(api, approval, neighbour),
        decide(api, approval, neighbour, "decline", note="no"),
        api.get(f"/approvals/{approval['id']}", neighbour),
    ):
        problem(call, 404, "approval_unknown")
    assert api.get("/approvals", neighbour).get_json() == []
    assert [row["id"] for row in api.get("/approvals?state=open", api.token()).get_json()] == [approval["id"]]
    changed = {table for table, rows in snapshot(world).items() if rows != before[table]}
    assert changed <= {"audit_entry", "security_tally"}  # refusals are counted
    own = world.do(create_token, "finance", "county", branch_code="4101")
    assert decide(api, approval, own).status_code == 200


def test_two_who_approve_at_once_do_it_once(app: Flask, api: Api, world: World, second: str) -> None:
    approval = ask(api, f"/donations/{paid(world, 300_00).id}/refunds", {"reason": "asked for"})
    third = world.do(create_token, "finance", "third")
    calls = [
        lambda token=token: decide(Api(app.test_client(), world), approval, token) for token in (second, third) * 2
    ]
    assert sorted(reply.status_code for reply in at_once(*calls)) == [200, 409, 409, 409]
    assert len(refunds(world)) == 1


def test_two_who_ask_at_once_leave_one_approval(app: Flask, api: Api, world: World, second: str) -> None:
    path = f"/donations/{paid(world, 300_00).id}/refunds"
    token = api.token()

    def order(by: str) -> Callable[[], Any]:
        return lambda: Api(app.test_client(), world).post(path, {"reason": "asked for"}, by)

    replies = at_once(order(token), order(second), order(token), order(second))
    assert {reply.status_code for reply in replies} == {202, 409}
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM approval")) == 1


def test_an_undecided_approval_expires(api: Api, world: World, second: str) -> None:
    path = f"/donations/{paid(world, 300_00).id}/refunds"
    approval = ask(api, path, {"reason": "asked for"})
    world.clock.advance(days=7)
    problem(decide(api, approval, second), 409, "approval_ended")
    assert run_job("approvals", world.deps) == {Unit.APPROVALS_EXPIRED: 1}
    assert api.get(f"/approvals/{approval['id']}", second).get_json()["state"] == "expired"
    assert refunds(world) == []
    again = ask(api, path, {"reason": "asked for"})
    world.clock.advance(days=8)
    assert ask(api, path, {"reason": "asked for"})["id"] != again["id"]  # before the job came


def test_an_approval_ends_when_its_subject_was_decided_otherwise(api: Api, world: World, second: str) -> None:
    path = f"/donations/{paid(world, LIMIT + 1).id}/refunds"
    approval = ask(api, path, {"reason": "asked for"})
    assert run_job("approvals", world.deps) == {}
    assert api.post(path, {"amount_minor": LIMIT, "reason": "in two parts"}, second).status_code == 201
    assert api.post(path, {"amount_minor": 1, "reason": "in two parts"}, second).status_code == 201
    assert run_job("approvals", world.deps) == {Unit.APPROVALS_OVERTAKEN: 1}
    assert api.get(f"/approvals/{approval['id']}", second).get_json()["state"] == "overtaken"
    problem(decide(api, approval, second), 409, "approval_ended")


def test_an_approval_that_cannot_be_checked_keeps_no_other_from_ending(api: Api, world: World, second: str) -> None:
    broken, other = (ask(api, f"/donations/{paid(world, LIMIT + 1).id}/refunds", {"reason": "x"}) for _ in range(2))
    as_no_version_wrote_it = "UPDATE approval SET act = 'partner.secret', arguments = '{}' WHERE id = :id"
    world.do(lambda tx: tx.run(as_no_version_wrote_it, id=broken["id"]))
    refund = f"/donations/{other['subject'].removeprefix('donation:')}/refunds"
    for amount_minor in (LIMIT, 1):
        assert api.post(refund, {"amount_minor": amount_minor, "reason": "x"}, second).status_code == 201
    with pytest.raises(KeyError, match="secret_id"):
        run_job("approvals", world.deps)
    assert api.get(f"/approvals/{other['id']}", second).get_json()["state"] == "overtaken"


def test_asking_and_deciding_are_in_the_audit_trail(api: Api, world: World, second: str) -> None:
    approval = ask(api, f"/donations/{paid(world, 300_00).id}/refunds", {"reason": "asked for"})
    decide(api, approval, second)

    def trail(tx: Tx) -> list[tuple[str, str]]:
        entries = tx.all(
            select(AuditEntry)
            .where(AuditEntry.subject == f"approval:{approval['id']}")
            .order_by(col(AuditEntry.id))
        )
        return [(entry.action, entry.actor) for entry in entries]

    assert world.do(trail) == [("approval.ask", "token:test admin"), ("approval.approved", "token:second person")]


def test_an_approval_requested_twice_with_one_key_exists_once(api: Api, world: World) -> None:
    path = f"/donations/{paid(world, 300_00).id}/refunds"
    first, again = (send(api, path, {"reason": "asked for"}, "k") for _ in range(2))
    assert (first.status_code, again.status_code, again.headers[REPLAYED]) == (202, 202, "true")
    assert (first.data, first.headers["Location"]) == (again.data, again.headers["Location"])
    assert HEADER == "Idempotency-Key"


def test_in_the_demo_one_person_does_it_all(world: World, database_url: str) -> None:
    demo = application(database_url, world.deps)
    api = Api(demo.test_client(), world)
    donation = paid(world, 50_000_00)
    api.manage(f"/donations/{donation.id}/refunds", {"reason": "asked for"})
    api.manage(f"/campaigns/{world.slug}/cancel", {"reason": "flood"}, 200)


def test_settings_say_when_a_second_person_is_needed() -> None:
    assert not load(SECRETS).needs_second_person
    assert load(PRODUCTION).needs_second_person
    assert load(SECRETS | {"SECOND_PERSON": "on"}).needs_second_person
    assert not load(PRODUCTION | {"SECOND_PERSON": "off"}).needs_second_person
    assert load(SECRETS).second_person_above_minor == 1_000_000
    for name, value in (
        ("SECOND_PERSON", "maybe"),
        ("SECOND_PERSON_ABOVE_MINOR", "-1"),
        ("SECOND_PERSON_ABOVE_MINOR", "x"),
    ):
        with pytest.raises(BadSettings, match=name):
            load(SECRETS | {name: value})


def test_a_request_about_a_person_follows_them_to_their_new_branch(api: Api, world: World) -> None:
    li = world.do(create_manager, "li", PASSWORD, "finance", "test", "4101")
    world.do(second_factor.begin, world.deps.keys, li.id)
    approval = ask(api, f"/users/{li.id}/second-factor/reset", {})
    before, now = (world.do(create_token, "admin", code, branch_code=code) for code in ("4101", "4102"))
    problem(decide(api, approval, now), 404, "approval_unknown")
    assert api.call("PATCH", f"/users/{li.id}", {"branch": "4102"}, api.token()).status_code == 200
    problem(decide(api, approval, before), 404, "approval_unknown")
    assert api.get("/approvals", before).get_json() == []
    assert decide(api, approval, now).status_code == 200


def test_a_request_follows_a_node_that_was_merged(api: Api, world: World) -> None:
    world.do(tree.add, "410101", "41010198", "旧村", "test")
    li = world.do(create_manager, "li", PASSWORD, "finance", "test", "41010198")
    world.do(second_factor.begin, world.deps.keys, li.id)
    approval = ask(api, f"/users/{li.id}/second-factor/reset", {})
    api.manage("/organisations/41010198/merge", {"into": "41010101", "reason": "united"}, 200)
    run_job("approvals", world.deps)
    village = world.do(create_token, "admin", "village", branch_code="41010101")
    assert decide(api, approval, village).status_code == 200
