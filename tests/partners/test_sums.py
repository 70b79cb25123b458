"""With the public notice each platform is told what it brought in; it confirms or contradicts, finance replies."""

from datetime import datetime, timedelta

import pytest
from standardwebhooks import Webhook

from campaigns.closing.cancel import cancel
from campaigns.closing.models import Cancellation
from campaigns.closing.publication.notices import correct
from campaigns.closing.publication.partner_sums import reply_to_answer
from campaigns.closing.report import write_report
from campaigns.closing.waits import waits
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller, Role
from campaigns.waiting import Work, waiting
from kernel.db import Tx
from payments.partners.partners import create
from tests.api.client import Api, problem
from tests.partners.engineer import NAME, Engineer
from tests.partners.test_outgoing import receiver, subscribe, tell
from tests.web.reader import PASSWORD, Reader
from tests.world import World

BOSS = Caller("boss", Role.ADMIN, None, "manager:1")


def test_the_term_ends_with_a_shorter_public_notice(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    world.do(lambda tx: tx.run("UPDATE campaign SET notice_s = 3 * 86400"))
    world.do(_publish, world.slug)
    [shown] = engineer.get("/sums")["sums"]
    assert datetime.fromisoformat(shown["answer_until"]) == world.clock.at + timedelta(days=3)


def test_corrected_sums_are_answered_before_the_public_notice_ends(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    world.do(_publish, world.slug)
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'notice', phase_since = :now", now=tx.now))
    ends_at = world.clock.at + timedelta(days=10)
    # The second is corrected after the notice's end, while something else holds up the release.
    for days, refunded_minor, until in ((8, 1_00, timedelta(days=2)), (3, 2_00, timedelta(days=10))):
        world.clock.advance(days=days)
        engineer.send(engineer.refunded(1, refunded_minor, f"refund-{days}"))
        world.settle()
        world.do(correct, world.slug, "late message", "finance")
        stated = engineer.get("/sums")["sums"][0]
        assert datetime.fromisoformat(stated["answer_until"]) == world.clock.at + until
    assert world.clock.at > ends_at


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
        "number": 1,
        "campaign": world.slug,
        "currency": "CNY",
        "projects": [{"project_code": engineer.project_code} | figures],
        "answer_until": (world.clock.at + timedelta(days=10)).isoformat(),
    }
    [shown] = engineer.get("/sums")["sums"]
    assert {name: shown[name] for name in event["data"]} == event["data"] and shown["answers"] == []
    assert other.get("/sums") == {"sums": []}
    world.check()


def test_every_answer_to_a_query_states_what_is_left(engineer: Engineer) -> None:
    for path in ("/sums", "/health", "/projects", "/events", "/summary"):
        assert engineer.call(path).headers["RateLimit"].startswith('"door";r=')


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


def test_only_the_platform_itself_answers_its_sums_in_time(
    published: Engineer, tester: Engineer, world: World
) -> None:
    body = _contradiction(published)
    problem(published.call("/sums/answer", body | {"campaign": "nowhere"}), 404, "sums_unknown")
    for slug in (7, None):
        problem(published.call("/sums/answer", body | {"campaign": slug}), 422, "sums_answer_invalid")
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


def test_a_correction_states_changed_sums_again_and_answers_are_to_them(published: Engineer, world: World) -> None:
    quiet = Engineer(published.http, world, world.do(create, world.deps.keys, "quiet", "别家"), "quiet")
    published.call("/sums/answer", _contradiction(published))
    quiet.send(quiet.paid(7, 9_00))
    published.send(published.refunded(1, 5_00, "refund-late"))
    world.settle()
    world.do(correct, world.slug, "晚到的退款", "finance")
    newest, first = published.get("/sums")["sums"]
    assert (newest["number"], newest["refunded_minor"], newest["answers"]) == (2, 20_00, [])
    assert (first["number"], first["refunded_minor"], len(first["answers"])) == (1, 15_00, 1)
    confirmed = published.call("/sums/answer", {"campaign": world.slug, "answer": "confirmed"}).get_json()
    assert (confirmed["number"], confirmed["answers"][0]["answer"]) == (2, "confirmed")
    assert [row["number"] for row in quiet.get("/sums")["sums"]] == [1]
    quiet.send(quiet.refunded(7, 1_00))
    world.settle()
    world.do(correct, world.slug, "别家的退款", "finance")
    assert [row["number"] for row in published.get("/sums")["sums"]] == [2, 1], "its sums did not change"
    assert [row["number"] for row in quiet.get("/sums")["sums"]] == [2, 1]
    assert _waiting(world) == [(Work.PARTNER_SUMS, 1, world.slug)], "the old contradiction has no reply yet"
    world.check()


def test_no_money_is_released_before_a_contradiction_has_its_reply(published: Engineer, world: World) -> None:
    answer_id = _contradicted_in_notice(published)
    world.clock.advance(days=11)
    assert world.close() == 0 and world.phase() == "notice"
    assert [(wait.code, wait.count) for wait in world.do(_waits, world.slug)] == [("partner_sums", 1)]
    world.do(reply_to_answer, answer_id, "平台漏推三笔，已补记", "finance")
    assert world.close() == 1 and world.phase() == "released"
    world.check()


def _waits(tx: Tx, slug: str) -> object:
    return waits(tx, find_campaign(tx, slug))


def _contradicted_in_notice(engineer: Engineer) -> int:
    world = engineer.world
    assert engineer.call("/sums/answer", _contradiction(engineer)).status_code == 200
    sql = "UPDATE campaign SET phase = 'notice', phase_since = :now, notice_s = 864000 WHERE slug = :slug"
    world.do(lambda tx: tx.run(sql, now=tx.now, slug=world.slug))
    return int(world.do(lambda tx: tx.scalar("SELECT max(id) FROM partner_sums_answer")))


def test_a_cancelled_event_states_what_went_back(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    world.do(cancel, world.slug, "暴雨，活动取消", "test")
    engineer.send(engineer.refunded(1, 25_00))
    world.settle()
    world.do(lambda tx: write_report(tx, lock_campaign(tx, world.slug), tx.get(Cancellation, _id(tx, world.slug))))
    [stated] = engineer.get("/sums")["sums"]
    assert [stated[name] for name in ("donations", "raised_minor", "refunded_minor", "matched_minor")] == [
        1,
        25_00,
        25_00,
        0,
    ]
    world.check()


def _id(tx: Tx, slug: str) -> int:
    return find_campaign(tx, slug).id or 0
