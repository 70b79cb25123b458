"""With the public notice each platform is told what it brought in; it confirms or contradicts, finance replies."""

from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from campaigns.closing.report import write_report
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller, Role
from campaigns.waiting import Work, waiting
from kernel.db import Tx
from payments.partners import create
from tests.api.client import Api, problem
from tests.partners.engineer import NAME, Engineer
from tests.partners.test_outgoing import receiver, subscribe, tell
from tests.web.reader import PASSWORD, Reader
from tests.world import World

BOSS = Caller("boss", Role.ADMIN, None, "manager:1")


def _publish(tx: Tx, slug: str) -> None:
    write_report(tx, lock_campaign(tx, slug))


@pytest.fixture
def published(engineer: Engineer, world: World) -> Engineer:
    """A platform with two gifts, one of them partly refunded, in an event whose result is published."""
    world.pot(1_000_00, donation=10_00)
    engineer.send(engineer.paid(1), engineer.paid(2, 40_00), engineer.refunded(2, 15_00))
    world.settle()
    subscribe(world, "https://platform.example/hook", ["campaign.phase"])
    world.do(_publish, world.slug)
    return engineer


def _contradiction(engineer: Engineer) -> dict[str, object]:
    projects = [engineer.project_code]
    text = "<b>少一笔</b>"
    return {"campaign": engineer.world.slug, "answer": "contradicted", "text": text, "projects": projects}


def _waiting(world: World) -> list[tuple[Work, int, str]]:
    return [(line.work, line.pieces, line.campaign) for line in world.do(waiting, BOSS)]


def test_the_event_and_the_door_say_the_same_sums(engineer: Engineer, world: World) -> None:
    world.pot(1_000_00, donation=10_00)
    engineer.send(engineer.paid(1), engineer.paid(2, 40_00), engineer.refunded(2, 15_00))
    world.settle()
    other = Engineer(engineer.http, world, world.do(create, world.deps.keys, "other", "别家"), "other")
    with receiver() as (url, received):
        secret = subscribe(world, url, ["campaign.sums"])
        world.do(_publish, world.slug)
        assert tell(world) == 1
    [(headers, body)] = received
    event = Webhook(secret).verify(body, headers)
    figures = {"donations": 2, "raised_minor": 65_00, "refunded_minor": 15_00}
    figures |= {"matched_minor": world.totals().matched_minor}
    assert figures["matched_minor"] > 0
    assert event["type"] == "campaign.sums" and event["data"] == figures | {
        "campaign": world.slug,
        "currency": "CNY",
        "projects": [{"project_code": engineer.project_code} | figures],
        "answer_until": (world.clock.at + timedelta(days=10)).isoformat(),
    }
    [shown] = engineer.get("/sums")["sums"]
    assert {name: shown[name] for name in event["data"]} == event["data"] and shown["answers"] == []
    assert other.get("/sums") == {"sums": []}
    world.check()


def test_answers_are_kept_beside_each_other(published: Engineer, world: World) -> None:
    confirmed = {"campaign": world.slug, "answer": "confirmed"}
    for _attempt in range(2):
        assert published.call("/sums/answer", confirmed).status_code == 200
    assert _waiting(world) == []
    shown = published.call("/sums/answer", _contradiction(published)).get_json()
    assert [row["answer"] for row in shown["answers"]] == ["confirmed", "contradicted"]
    assert shown["answers"][1]["projects"] == [published.project_code]
    assert shown == published.get("/sums")["sums"][0]
    assert _waiting(world) == [(Work.PARTNER_SUMS, 1, world.slug)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer": "perhaps"}, "answer"),
        ({"text": " "}, "text"),
        ({"text": 7}, "text"),
        ({"text": "x" * 2_001}, "text"),
        ({"projects": ["NOWHERE"]}, "projects"),
        ({"projects": [["P1"]]}, "projects"),
    ],
)
def test_a_bad_answer_changes_nothing(
    published: Engineer, world: World, change: dict[str, object], field: str
) -> None:
    refused = problem(
        published.call("/sums/answer", _contradiction(published) | change), 422, "sums_answer_invalid"
    )
    assert set(refused["fields"]) == {field}
    assert published.get("/sums")["sums"][0]["answers"] == []


def test_nobody_else_and_nobody_late_answers(published: Engineer, tester: Engineer, world: World) -> None:
    body = _contradiction(published)
    for slug in ("nowhere", 7, None):
        problem(published.call("/sums/answer", body | {"campaign": slug}), 404, "sums_unknown")
    problem(tester.call("/sums/answer", body), 404, "sums_unknown")
    problem(published.call("/sums/answer", b"[]"), 422, "sums_answer_invalid")
    world.clock.at += timedelta(days=10)
    problem(published.call("/sums/answer", body), 409, "sums_answer_late")


def test_finance_replies_on_the_page_and_over_the_api(published: Engineer, world: World) -> None:
    published.call("/sums/answer", _contradiction(published))
    api, manager = Api(published.http, world), Reader(published.http.application.test_client(), world)
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    manager.sign_in("boss")
    page = f"/console/campaigns/{world.slug}/reconciliation"
    for address in (page, f"/console/partners/{NAME}"):
        manager.open(address)
        assert "&lt;b&gt;少一笔&lt;/b&gt;" in manager.page.text
    token = api.token()
    [listed] = api.call("GET", f"/campaigns/{world.slug}/partner-sums", token=token).get_json()
    answer_id = listed["answers"][0]["id"]
    manager.open(page)
    manager.send(f"/partner-sums/{answer_id}", reason="<i>已补记</i>")
    manager.open(page)
    assert "&lt;i&gt;已补记&lt;/i&gt;" in manager.page.text
    path = f"/partner-sums-answers/{answer_id}/reply"
    assert api.call("POST", path, {"reason": "<i>已补记</i>"}, token=token).status_code == 200
    problem(api.call("POST", path, {"reason": "another"}, token=token), 409, "sums_answer_replied")
    problem(
        api.call("POST", "/partner-sums-answers/999/reply", {"reason": "x"}, token=token),
        404,
        "sums_answer_unknown",
    )
    assert _waiting(world) == []
    assert published.get("/sums")["sums"][0]["answers"][0]["reply"] == "<i>已补记</i>"
