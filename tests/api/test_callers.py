"""Who may act: sessions of our own pages, and how often a token may be guessed."""

import pytest
from flask.testing import FlaskClient

from app.http.auth import GUESSES, SESSION_KEY
from campaigns.network.people import create_manager
from campaigns.network.sessions import start_session
from embedded.redis import Redis
from tests.api.client import Api, application, problem
from tests.world import World

FUND = {"name": "基金会", "kind": "special"}


@pytest.fixture
def signed_in(http: FlaskClient, world: World) -> FlaskClient:
    manager = world.do(create_manager, "lin", "a long enough password", "finance", "test")
    token = world.do(start_session, manager)
    with http.session_transaction() as session:
        session[SESSION_KEY] = token
    return http


def test_a_session_acts_for_our_own_pages_only(signed_in: FlaskClient) -> None:
    assert signed_in.get("/api/v1/funds").status_code == 200
    own = {"Origin": "http://localhost"}
    assert signed_in.post("/api/v1/funds", json=FUND, headers=own).status_code == 201
    for headers in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {}):
        problem(signed_in.post("/api/v1/funds", json=FUND, headers=headers), 403, "origin_foreign")
    problem(signed_in.post("/api/v1/partners", json={}, headers=own), 403, "not_permitted")


def test_a_token_counts_more_than_a_session(signed_in: FlaskClient) -> None:
    response = signed_in.get("/api/v1/funds", headers={"Authorization": "Bearer bs_nobody"})
    problem(response, 401, "token_invalid")


def test_guessing_tokens_is_slow_and_hinders_no_manager(
    world: World, database_url: str, redis_server: Redis, api: Api
) -> None:
    app = application(database_url, world.deps, REDIS_URL=redis_server.url)
    guessing = Api(app.test_client(), world)
    codes = [guessing.get("/funds", f"bs_{number}").get_json()["code"] for number in range(GUESSES + 2)]
    assert codes == ["token_invalid"] * GUESSES + ["rate_limited"] * 2
    assert guessing.get("/funds", api.token()).status_code == 200


def test_without_redis_limits_are_off_and_answers_the_same(world: World, database_url: str) -> None:
    app = application(database_url, world.deps, REDIS_URL="redis://127.0.0.1:9/0")
    problem(Api(app.test_client(), world).get("/funds", "bs_wrong"), 401, "token_invalid")
