"""Guessing a manager's password is slow, with and without Redis; nobody is locked out by it from afar."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from app.console.people.sign_in import TRIES, TRIES_OF_ADDRESS
from campaigns.network.people import create_manager
from embedded.redis import Redis
from tests.api.client import application
from tests.web.reader import PASSWORD, Reader
from tests.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["redis", "no redis", "redis that does not answer"])
def app(request: pytest.FixtureRequest, world: World, database_url: str, redis_server: Redis) -> Flask:
    urls = {"redis": redis_server.url, "redis that does not answer": "redis://127.0.0.1:9/0"}
    environ = {"REDIS_URL": urls[request.param]} if request.param in urls else {}
    return application(database_url, world.deps, **environ)


def address(number: str, app: Flask) -> str:
    """An address of this test alone: all tests share one Redis."""
    return f"2001:db8:{id(app) & 0xFFFF:x}:{number}::1"


def trying(reader: Reader, status: int, login: str, password: str, sender: str) -> str:
    reader.http.environ_base["REMOTE_ADDR"] = sender
    reader.open("/console/sign-in")
    return reader.send("/console/sign-in", status, login=login, password=password)


def test_after_ten_tries_an_account_waits_at_this_address_and_at_no_other(
    app: Flask, reader: Reader, world: World
) -> None:
    for login in ("boss", "clerk"):
        world.do(create_manager, login, PASSWORD, "admin", "test")
    here, elsewhere = address("1", app), address("2", app)
    for _ in range(TRIES):
        trying(reader, 401, "boss", "wrong", here)
    assert "操作太频繁" in trying(reader, 429, "boss", "wrong", here)
    trying(reader, 429, " BOSS ", PASSWORD, here.replace("::1", "::2"))  # of the same /64
    trying(reader, 200, "clerk", PASSWORD, here)
    trying(reader, 200, "boss", PASSWORD, elsewhere)


def test_the_right_password_forgets_the_tries_before_it(app: Flask, reader: Reader, world: World) -> None:
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    for _ in range(2):
        for _ in range(TRIES - 1):
            trying(reader, 401, "boss", "wrong", address("3", app))
        trying(reader, 200, "boss", PASSWORD, address("3", app))


@pytest.mark.parametrize("app", ["no redis"], indirect=True)
def test_one_address_does_not_try_one_password_on_all_accounts(app: Flask, reader: Reader, world: World) -> None:
    for number in range(TRIES_OF_ADDRESS):
        trying(reader, 401, f"user{number}", "wrong", address("4", app))
    trying(reader, 429, "boss", "wrong", address("4", app))


# A gevent worker with real HTTP: four wrong passwords at once, while another greenlet counts its turns.
SCRIPT = """
from gevent import monkey; monkey.patch_all()
import gc, gevent, http.client, json, re, sys, time
from urllib.parse import urlencode
from argon2 import PasswordHasher
from gevent.pywsgi import WSGIServer
import config
from app import worker
from app.factory import create_app
from campaigns.network import people
from tests.api.client import SECRETS

people._hasher = PasswordHasher()  # as in production: other tests hash cheaply
app = create_app(config.load({"DATABASE_URL": sys.argv[1], "PUBLIC_URL": "http://localhost", **SECRETS}))
worker.begin(app)
walked = len(gc.get_objects())  # by each full round of the garbage collector
server = WSGIServer(("127.0.0.1", 0), app, log=None)
server.start()

def ask(method, body=None, cookie=""):
    browser = http.client.HTTPConnection("127.0.0.1", server.server_port)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    browser.request(method, "/console/sign-in", body, form)
    answer = browser.getresponse()
    return answer.status, answer.read().decode(), (answer.headers["Set-Cookie"] or "").split(";")[0]

_, page, cookie = ask("GET")
csrf = re.search('name="csrf_token"[^>]*value="([^"]+)"', page)[1]
body = urlencode({"csrf_token": csrf, "login": "boss", "password": "wrong"})
statuses = [ask("POST", body, cookie)[0]]
began = time.perf_counter(); people.verify(None, "wrong"); one = time.perf_counter() - began
turns = []

def tick():
    while True:
        turns.append(time.perf_counter()); gevent.sleep(0.001)

ticker = gevent.spawn(tick)
tries = [gevent.spawn(ask, "POST", body, cookie) for _ in range(4)]
gevent.joinall(tries, raise_error=True)
statuses += [one_try.value[0] for one_try in tries]
took = {"one_s": one, "took_s": turns[-1] - turns[0]}
print(json.dumps({"statuses": statuses, "turns": len(turns), "walked": walked, **took}))
"""


def test_verifying_passwords_leaves_the_event_loop_to_others(world: World, database_url: str) -> None:
    command = [sys.executable, "-c", SCRIPT, database_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    output = json.loads(done.stdout.splitlines()[-1])
    assert output["statuses"] == [401] * 5
    # On the loop a greenlet has a few turns for each try; beside it, one for nearly each millisecond.
    assert output["turns"] > 4 * 8, output
    assert output["walked"] < 50_000, "of half a million objects, which hold up everybody for a tenth of a second"
