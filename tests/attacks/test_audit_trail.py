"""C15: the audit trail is read by admins and auditors, each their branch, filtered and paged by key."""

import ast
from pathlib import Path

import pytest
from flask import Flask

from app.jobs.registry import run
from campaigns.audit_trail import AuditQuery, is_placed, search
from campaigns.network.tokens import create_token
from campaigns.security_log import count_event
from tests.api.client import Api, application, problem
from tests.api.resources import OURS, Resources, resources
from tests.cashier import clock, world
from tests.world import ACTOR, World

__all__ = ["clock", "resources", "world"]
NEIGHBOUR = "4102"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps)


@pytest.fixture
def api(app: Flask, world: World) -> Api:
    return Api(app.test_client(), world)


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("auditor", 200), ("manager", 403), ("finance", 403), ("reviewer", 403), ("liaison", 403)],
)
def test_c15_admins_and_auditors_read_the_trail(api: Api, role: str, status: int) -> None:
    assert api.get("/audit", api.token(role)).status_code == status


def test_c15_the_trail_is_filtered_and_paged_by_key(api: Api, world: World) -> None:
    pot = world.pot(100_00)
    for number in range(5):
        api.manage(f"/pots/{pot}/top-ups", {"amount_minor": 100 + number})
    run("seal", world.deps)
    everything = api.get("/audit?action=pot.top_up", api.token()).get_json()
    assert [entry["detail"]["amount_minor"] for entry in everything["entries"]] == [104, 103, 102, 101, 100]
    assert all(entry["block"] for entry in everything["entries"]) and everything["head"]["hash"]
    first = api.get(f"/audit?subject=pot:{pot}&action=pot.top_up&page_size=2", api.token()).get_json()
    second = api.get(f"/audit?subject=pot:{pot}&page_size=2&before={first['before']}", api.token()).get_json()
    amounts = [entry["detail"]["amount_minor"] for page in (first, second) for entry in page["entries"]]
    assert amounts == [104, 103, 102, 101]
    by_another = api.get("/audit?action=pot&actor=token:test%20finance", api.token()).get_json()
    assert by_another == {"entries": [], "before": None, "head": everything["head"]}
    later = api.get("/audit?action=pot&since=2100-01-01T00:00:00Z", api.token()).get_json()
    assert later["entries"] == []
    problem(api.get("/audit?since=yesterday", api.token()), 422, "validation_failed")


def test_c15_a_county_reads_what_is_about_the_county(api: Api, world: World, resources: Resources) -> None:
    def subjects(branch: str) -> set[str]:
        token = world.do(create_token, "auditor", f"audit {branch}", ACTOR, branch)
        page = api.get("/audit?page_size=100", token).get_json()
        return {entry["subject"] for entry in page["entries"]}

    ours, theirs = subjects(OURS), subjects(NEIGHBOUR)
    own = resources.arguments
    for subject in (
        f"pot:{own['pot_id']}",
        f"fund:{own['fund_id']}",
        f"project:{own['project_id']}",
        f"organisation:{OURS}",
    ):
        assert subject in ours and subject not in theirs, subject
    assert "network" not in ours, "the federation's own"
    assert {subject.split(":")[0] for subject in theirs} <= {"project", "token", "campaign"}
    city = api.get("/audit?page_size=100", world.do(create_token, "auditor", "city", ACTOR, "41")).get_json()
    assert {"network", f"pot:{own['pot_id']}"} <= {entry["subject"] for entry in city["entries"]}


@pytest.mark.parametrize(
    "subject", ["pot:x", "pot:", "pot", "donation:1", "organisation:", "manager:99999999999999999999"]
)
def test_c15_a_subject_of_any_form_does_no_harm(world: World, subject: str) -> None:
    world.do(lambda tx: count_event(tx, "test.odd", subject))
    assert world.do(search, AuditQuery(branch=OURS, subject=subject)).entries == []


def test_c15_the_command_lists_the_trail(world: World, app: Flask) -> None:
    world.pot(100_00)
    output = app.test_cli_runner().invoke(args=["audit", "--action", "pot", "--most", "5"])
    assert output.exit_code == 0, output.output
    assert "pot.create" in output.stdout and "head of the chain: block" in output.stderr


def subjects(source: str) -> set[str]:
    """What entries of a file are about, as far as it stands in the call: `pot:`, `network`."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and len(node.args) > 3)
    named = (call.args[3] for call in calls if getattr(call.func, "id", "") == "record_audit")
    parts = (node.values[0] if isinstance(node, ast.JoinedStr) else node for node in named)
    return {part.value for part in parts if isinstance(part, ast.Constant)}


def test_c15_it_is_decided_whose_each_kind_of_subject_is() -> None:
    """A new kind of entry is seen by a branch, or declared to be the federation's: never forgotten."""
    files = [path for package in ("app", "campaigns") for path in (ROOT / package).rglob("*.py")]
    acts = {subject for path in files for subject in subjects(path.read_text())}
    assert len(acts) > 15
    assert sorted(subject for subject in acts if not is_placed(subject)) == []
