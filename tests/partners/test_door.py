"""The door: what became of each event, and what a platform may ask, under its own ids (P6)."""

from datetime import timedelta
from pathlib import Path

import jsonschema_rs
import pytest

from campaigns.lifecycle.listing import restore_listing, withdraw_listing
from campaigns.projects.drafts import change
from campaigns.projects.news import NewsText, add_news, change_news, hide_news
from campaigns.projects.review import comment
from campaigns.projects.transitions import suspend
from kernel.clock import local_day
from kernel.ids import donation_id_of
from payments.partners.partners import create
from tests.api.client import problem
from tests.partners.engineer import NAME, Engineer
from tests.payments.judge import as_json_schema
from tests.world import ACTOR, World


def test_each_event_gets_its_own_result(engineer: Engineer, world: World) -> None:
    good, other = engineer.paid(1), engineer.paid(1, 30_00)
    bad, unknown = engineer.paid(2, -1), {"type": "donation.pledged", "id": "x"}
    taken = [("accepted", None)] * 2
    assert engineer.results(good, {"type": "ping"}, unknown) == [*taken, ("ignored", None)]
    body = engineer.send(good, other, bad, query="?partial=1")
    assert [row["result"] for row in body["events"]] == ["repeated", "conflicting", "refused"]
    assert body["events"][2]["fields"] == {"data.amount_minor": {"code": "amount_not_positive"}}
    assert (body["accepted"], body["repeated"], body["conflicting"]) == (0, 1, 1)
    body = engineer.send(good, "text", {"id": "x"}, query="?partial=1")
    no_object, no_type = body["events"][1:]
    assert [row["fields"] for row in body["refused"]] == [no_object["fields"], no_type["fields"]]
    assert no_object["fields"] == {"event": {"code": "not_an_object"}}
    assert "ping" in no_type["fields"]["type"]["options"]
    lost = engineer.paid(3, project_code="NOWHERE")
    assert engineer.results(lost) == [("accepted", None)]
    world.settle()
    assert engineer.results(lost) == [("waiting", "project_unknown")]
    plain = engineer.call("", good).get_json()
    assert plain == {"accepted": 0, "repeated": 1, "conflicting": 0}, "nobody asked"


def test_a_ping_is_accepted_and_stores_nothing(engineer: Engineer, world: World) -> None:
    response = engineer.call("", {"type": "ping"})
    assert (response.status_code, response.get_json()["pings"]) == (202, 1)
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_event")) == 0


def test_an_event_is_followed_by_its_own_id(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1), engineer.refunded(7, 5_00))
    assert engineer.get("/events/donation.paid-1")["state"] == "new"
    world.settle()
    shown = engineer.get("/events/donation.paid-1")
    assert (shown["state"], shown["donation_id"], shown["reason"]) == ("done", "T-1", None)
    waiting = engineer.get("/events?state=waiting")["events"]
    assert [(row["id"], row["reason"]) for row in waiting] == [("donation.refunded-7", "before_payment")]
    problem(engineer.call("/events/nobody"), 404, "event_unknown")
    problem(engineer.call("/events?state=lost"), 422, "parameters_invalid")
    problem(engineer.call("/events?since=yesterday"), 422, "parameters_invalid")


def test_events_are_listed_since_a_time_and_on(engineer: Engineer, world: World) -> None:
    for hour in range(4):
        engineer.send(*(engineer.paid(100 * hour + n) for n in range(60)))
        world.clock.at += timedelta(hours=1)
    since = (world.clock.at - timedelta(hours=2)).isoformat()
    first = engineer.get(f"/events?since={since}")
    assert first["events"][0]["donation_id"] == "T-200" and len(first["events"]) == 100
    rest = engineer.get(f"/events?since={since}&after={first['next_after']}")
    assert len(rest["events"]) == 20 and rest["next_after"] is None
    assert engineer.get(f"/events?since={world.clock.at.isoformat()}")["events"] == []


def test_a_donation_says_its_match_and_why(engineer: Engineer, world: World) -> None:
    world.pot(1_000_00, donation=10_00)
    engineer.send(engineer.paid(1), engineer.refunded(1, 20_00))
    world.settle()
    shown = engineer.get("/donations/T-1")
    assert (shown["status"], shown["amount_minor"], shown["refunded_minor"]) == ("paid", 25_00, 20_00)
    assert (shown["campaign"], shown["project_code"]) == (world.slug, engineer.paid(1)["data"]["project_code"])
    assert shown["match"]["captured_minor"] == world.view(donation_id_of(NAME, "T-1")).captured_minor
    assert shown["why"][0]["cause"] == "arrival", "no payment of a platform is late because it was never pledged"
    pot = shown["why"][0]["pots"][0]
    assert (pot["given_minor"], pot["left_before_minor"], pot["cuts"]) == (10_00, 1_000_00, ["donation_minor"])
    unknown = problem(engineer.call("/donations/T-2"), 404, "donation_unknown")
    assert "donation_id" in unknown["detail"] and "link" not in unknown["detail"]


def test_a_donation_whose_payment_waits_says_why(engineer: Engineer, tester: Engineer, world: World) -> None:
    for asking, note in ((engineer, False), (tester, True)):
        asking.send(asking.paid(5, 30_00, project_code="NOWHERE"))
        world.settle()
        shown = asking.get("/donations/T-5")
        assert (shown["status"], shown["reason"], shown["test"]) == ("pending", "project_unknown", note)
        assert (shown["amount_minor"], shown["match"]["captured_minor"]) == (30_00, 0)
        assert asking.call("/donations/T-6").status_code == 404


def test_responses_of_the_partner_api_match_their_description(engineer: Engineer, world: World) -> None:
    world.pot(1_000_00)
    engineer.send(engineer.paid(1), engineer.paid(2, project_code="NOWHERE"), engineer.refunded(1, 5_00))
    world.settle()
    spec = engineer.http.get("/api/openapi.json").get_json()
    schemas = {name: own for name, own in spec["components"]["schemas"].items() if name.startswith("PartnerDoor")}
    components = as_json_schema({"schemas": schemas})
    examples = {"{event_id}": "donation.paid-1", "{their_id}": "T-1"}
    tried = 0
    for address, operations in spec["paths"].items():
        rest = address.removeprefix("/webhooks/partners/{name}")
        if rest == address or "get" not in operations:
            continue
        for placeholder, example in examples.items():
            rest = rest.replace(placeholder, example)
        schema = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        shown = engineer.get(rest)
        jsonschema_rs.validator_for(schema | {"components": components}).validate(shown)
        tried += 1
    assert tried >= 6


def test_a_platform_sees_nothing_of_another_platform(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    stranger = Engineer(engineer.http, world, world.do(create, world.deps.keys, "other", "别家"), "other")
    problem(stranger.call("/donations/T-1"), 404, "donation_unknown")
    problem(stranger.call("/events/donation.paid-1"), 404, "event_unknown")
    assert stranger.get("/events")["events"] == []
    engineer.secret = stranger.secret
    problem(engineer.call("/events"), 401, "signature_invalid")


def test_a_day_is_summed_up(engineer: Engineer, world: World) -> None:
    world.pot(1_000_00)
    engineer.send(engineer.paid(1), engineer.paid(2, 40_00), engineer.refunded(2, 15_00))
    engineer.send(engineer.paid(1, 26_00))
    world.settle()
    day = engineer.get("/summary")
    sums = (day["donations"], day["amount_minor"], day["refunded_minor"], day["matched_minor"])
    assert sums == (2, 65_00, 15_00, world.totals().matched_minor)
    assert (day["events"]["done"], day["events"]["conflicting"]) == (3, 1)
    assert engineer.get("/summary?day=2020-01-01")["donations"] == 0
    problem(engineer.call("/summary?day=heute"), 422, "parameters_invalid")


def test_health_says_what_waits_and_what_is_left(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1), engineer.refunded(9, 1_00))
    world.settle()
    response = engineer.call("/health")
    health = response.get_json()
    assert (health["state"], health["test"], health["events"]["waiting"]) == ("live", False, 1)
    assert (health["limits"]["today_minor"], health["limits"]["today_count"]) == (25_00, 1)
    assert health["last_heard_at"] and len(health["secrets"]) == 1
    assert response.headers["RateLimit-Policy"] == '"door";q=600;w=60'


def test_projects_are_mine_with_the_match_that_is_left(engineer: Engineer, world: World) -> None:
    world.pot(1_000_00, donation=50_00)
    codes = [row["code"] for row in engineer.get("/projects")["projects"]]
    assert len(codes) == len(world.projects)
    own = world.do(create, world.deps.keys, "small", "小店", [codes[1]])
    small = Engineer(engineer.http, world, own, "small")
    [project] = small.get("/projects")["projects"]
    assert (project["code"], project["may_raise"]) == (codes[1], True)
    [campaign] = project["campaigns"]
    assert campaign["match_now"] | {"next_at": None} == {
        "ratio_bps": 10_000,
        "left_minor": 1_000_00,
        "cap_minor": 50_00,
        "next_at": None,
    }
    later = (world.clock.at + timedelta(days=1)).isoformat()
    assert small.get(f"/projects?updated_since={later}")["projects"] == []


def test_a_partner_rotates_its_own_secret(engineer: Engineer, world: World) -> None:
    problem(engineer.call("/secret", {"rotate": False}), 422, "partner_invalid")
    made = engineer.call("/secret", {"rotate": True}).get_json()
    after = Engineer(engineer.http, world, made["secret"])
    assert after.get("/health")["state"] == engineer.get("/health")["state"] == "live"
    problem(after.call("/secret", {"rotate": True}), 409, "partner_secrets_full")


def test_a_signature_of_a_question_changes_nothing(engineer: Engineer) -> None:
    """It is over an empty body: what changes something wants one."""
    problem(engineer.call("/secret", b""), 400, "body_invalid")
    problem(engineer.call("/bill", b""), 422, "file_missing")


@pytest.mark.parametrize("since", ["2026-09-09T10:00:00+08:00", "2026-09-09T10:00:00%2B08:00"])
def test_a_plus_sign_in_a_query_is_kept(engineer: Engineer, since: str) -> None:
    assert engineer.get(f"/events?since={since}")["events"] == []


def test_the_description_has_every_address_of_the_door(engineer: Engineer) -> None:
    app = engineer.http.application
    described = engineer.http.get("/api/openapi.json").get_json()["paths"]
    views = {
        (rule.rule.replace("<path:", "{").replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("partner_")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert views == {
        (path, method)
        for path, operations in described.items()
        if path.startswith("/webhooks/partners/")
        for method in operations
        if method in ("get", "post")
    }
    manual = (Path(__file__).parents[2] / "docs" / "partners.md").read_text()
    for address in ("/events", "/donations/", "/summary", "/health", "/projects", "/bill", "/secret"):
        assert f" {address}" in manual


def test_a_project_is_open_only_where_it_may_receive(engineer: Engineer, world: World) -> None:
    def seen() -> tuple[bool, int]:
        first = engineer.get("/projects")["projects"][0]
        return first["may_raise"], len(first["campaigns"])

    assert seen() == (True, 1)
    world.do(withdraw_listing, world.slug, "备案已撤回", ACTOR)
    assert seen() == (True, 0)
    world.do(restore_listing, world.slug, "备案已恢复", ACTOR)
    world.do(suspend, world.projects[0], "调查中", ACTOR)
    assert seen() == (False, 0)


def test_changed_texts_and_news_are_seen_by_who_asks_by_time(engineer: Engineer, world: World) -> None:
    def changed() -> int:
        """How many projects changed in the last hour; two hours pass."""
        since = (world.clock.at - timedelta(hours=1)).isoformat()
        number = len(engineer.get(f"/projects?updated_since={since}")["projects"])
        world.clock.advance(hours=2)
        return number

    project = world.projects[0]
    news = world.do(add_news, project, NewsText(local_day(world.clock.at), "灯亮了"), ACTOR).id
    world.do(suspend, project, "名称有误", ACTOR)
    changed()
    assert changed() == 0
    world.do(change, project, {"name": "新路灯", "target_minor": 50_000_00}, ACTOR)
    assert changed() == 1
    world.do(change_news, project, news, {"title": "路灯亮了"}, ACTOR)
    assert changed() == 1
    world.do(hide_news, project, news, "重复", ACTOR)
    assert changed() == 1
    world.do(comment, project, "只给审核人看", ACTOR)
    assert changed() == 0
