"""Machines that fail: a database that freezes, fills up or takes no more connections, a log that cannot be written
(D, D6). The servers are real, and so is what happens to them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from embedded.postgres import Postgres
from embedded.process import wait_until
from embedded.redis import Redis
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.timeouts import Timeouts
from tests.attacks.served import Answer, Site, frozen, serving
from tests.clusters import SPEED, copy_cluster
from tests.stack import ROOT
from tests.world import SLUG, World, build

BACK_S = 5.0  # within which the site answers again (docs/design: reliability)
SLACK_S = 5.0  # of a busy machine


@pytest.fixture(scope="module")
def server(servers_dir: Path) -> Iterator[Postgres]:
    """A server of this module's own, with few connections."""
    settings = SPEED | {"max_connections": "30", "superuser_reserved_connections": "0", "max_wal_senders": "0"}
    copy_cluster(servers_dir / "attacked")
    with Postgres.start(servers_dir / "attacked", settings=settings | {"wal_level": "minimal"}) as postgres:
        yield postgres


@pytest.fixture(scope="module")
def day(server: Postgres) -> World:
    """A campaign that is open now."""
    clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
    world = build(Database(server.url, clock), clock)
    world.pot(100_000_00)
    world.db.close()
    return world


@pytest.fixture(scope="module")
def site(day: World, server: Postgres, redis_server: Redis, servers_dir: Path) -> Iterator[Site]:
    with serving(server.url, redis_server.url, servers_dir) as running:
        yield running


def gift(world: World) -> bytes:
    body = {
        "id": str(uuid4()),
        "campaign": SLUG,
        "project": world.projects[0],
        "amount_minor": 10_00,
        "currency": "CNY",
        "donor": {"email": f"{uuid4().hex}@example.org"},
    }
    return json.dumps(body).encode()


def give(site: Site, world: World) -> Answer:
    return site.call("POST", "/api/v1/donations", gift(world))


def code(response: Answer) -> str:
    return str(json.loads(response.body)["code"])


def test_d_a_frozen_database_is_a_503_in_time_and_then_service_again(
    site: Site, day: World, server: Postgres
) -> None:
    """Pages, API and readiness, with connections in the pool and without, more requests than connections."""
    assert give(site, day).status == 201
    assert site.get("/readyz").status == 200
    requests = [
        lambda: give(site, day),
        lambda: site.get("/api/v1/funds", Authorization="Bearer bs_x"),
        lambda: site.get(f"/donate/{SLUG}/{day.projects[0]}"),
        lambda: site.get("/console/sign-in"),
    ]
    with ThreadPoolExecutor(32) as pool:
        with frozen(server):
            calls = [pool.submit(request) for request in requests * 8]
            ready = site.get("/readyz")
            assert (ready.status, code(ready)) == (503, "database_unavailable")
            assert ready.seconds < 2 + SLACK_S
            assert site.get("/healthz").seconds < SLACK_S
            answers = [call.result() for call in calls]
        thawed = time.monotonic()
    refused = [response for response in answers if response.status != 200]
    assert {reply.status for reply in answers} <= {200, 503}
    assert len(refused) >= 24  # the sign-in form reads no database
    assert max(called.seconds for called in answers) < Timeouts().longest_s + SLACK_S
    assert {code(refusal) for refusal in refused if refusal.body.startswith(b"{")} <= {
        "database_unavailable",
        "database_busy",
    }
    assert wait_until(lambda: give(site, day).status == 201, BACK_S + SLACK_S), site.child.log_tail()
    assert site.get("/readyz").status == 200
    assert time.monotonic() - thawed < BACK_S + SLACK_S


def test_d_a_full_pool_is_a_503_and_no_hang(site: Site, day: World, server: Postgres) -> None:
    """Somebody keeps a table to themselves: more donors wait than there are connections."""
    with psycopg.connect(server.url.replace("+psycopg", "")) as other, ThreadPoolExecutor(40) as pool:
        other.execute("LOCK TABLE campaign IN ACCESS EXCLUSIVE MODE")
        calls = [pool.submit(site.get, f"/donate/{SLUG}/{day.projects[0]}") for _ in range(40)]
        answers = [call.result() for call in calls]
        assert {response.status for response in answers} == {503}
        assert max(reply.seconds for reply in answers) < Timeouts().longest_s + SLACK_S
        assert b"database_busy" in answers[0].body
    assert give(site, day).status == 201


def test_d6_no_connection_left_is_a_503(site: Site, day: World, server: Postgres) -> None:
    """Another program took all connections that the database has."""
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        taken = []
        with pytest.raises(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(server.url.replace("+psycopg", "")))
        response = give(site, day)
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        assert code(response) in ("database_unavailable", "database_busy")
        assert site.get("/readyz").status == 503
        for connection in taken:
            connection.close()
    assert wait_until(lambda: give(site, day).status == 201, BACK_S)


def test_d6_a_database_that_takes_no_writes_is_a_503_and_not_ready(
    site: Site, day: World, server: Postgres
) -> None:
    """As a standby, or a server that was told so when its disk ran full."""
    setting = "ALTER DATABASE beishan {} default_transaction_read_only"
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(setting.format("SET") + " = on")
        hang_up = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        admin.execute(hang_up)
        try:
            assert wait_until(lambda: give(site, day).status == 503, BACK_S)
            response = give(site, day)
            assert (response.status, code(response)) == (503, "database_read_only")
            ready = site.get("/readyz")
            assert (ready.status, code(ready)) == (503, "database_read_only")
        finally:
            admin.execute(setting.format("RESET"))
            admin.execute(hang_up)
    assert wait_until(lambda: give(site, day).status == 201, BACK_S)
    assert wait_until(lambda: site.get("/readyz").status == 200, 10)


def test_d6_a_full_disk_is_a_503_and_not_ready(
    servers_dir: Path, server: Postgres, redis_server: Redis, day: World
) -> None:
    """The file of a table has no more room: the system answers each byte more with ENOSPC, which is what /dev/full
    is for. In a copy of the database, which is thrown away."""
    address = server.url.replace("+psycopg", "")
    with psycopg.connect(address.replace("/beishan?", "/postgres?"), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'beishan'"
            " AND pid <> pg_backend_pid()"
        )
        admin.execute("CREATE DATABASE filled TEMPLATE beishan STRATEGY FILE_COPY")
    filled = address.replace("/beishan?", "/filled?")
    with psycopg.connect(filled, autocommit=True) as own:
        own.execute("SET session_replication_role = replica")  # past the append-only trigger
        own.execute("TRUNCATE donation_history")  # a file without a page
        row = own.execute("SELECT current_setting('data_directory'), pg_relation_filepath('donation_history')")
        folder, name = row.fetchone() or ("", "")
        own.execute("CHECKPOINT")
    path = Path(folder) / name
    url = server.url.replace("/beishan?", "/filled?")
    path.unlink()
    path.symlink_to("/dev/full")
    with serving(url, redis_server.url, servers_dir) as site:
        response = give(site, day)
        assert (response.status, code(response)) == (503, "database_full")
        ready = site.get("/readyz")
        assert (ready.status, code(ready)) == (503, "database_full")
        assert site.get("/healthz").status == 200
        path.unlink()
        path.touch()
        path.chmod(0o600)
        os.chown(path, path.parent.stat().st_uid, path.parent.stat().st_gid)
        with psycopg.connect(filled, autocommit=True) as own:  # whoever has the old file open keeps it
            own.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert wait_until(lambda: give(site, day).status == 201, BACK_S + SLACK_S), site.child.log_tail()
        assert wait_until(lambda: site.get("/readyz").status == 200, 10)


@pytest.mark.parametrize("how", ["full", "closed"])
def test_d6_a_log_that_cannot_be_written_fails_no_request(
    how: str, servers_dir: Path, server: Postgres, redis_server: Redis, day: World
) -> None:
    log = Path("/dev/full") if how == "full" else None
    with serving(server.url, redis_server.url, servers_dir, log, closed=how == "closed") as site:
        answers = [give(site, day) for _ in range(3)]
        assert [response.status for response in answers] == [201] * 3
        assert site.get(f"/c/{SLUG}").status == 200
        assert site.get("/api/v1/nothing").status == 404
        assert site.get("/readyz").status == 200
        assert site.call("POST", "/webhooks/stripe", b"{}").status in (400, 401)
        time.sleep(1.1)
        lost = [line for line in site.get("/metrics").body.decode().splitlines() if "log_lines_lost" in line]
        assert float(lost[-1].split()[1]) >= 5, lost


STOPPED = """
import sys
from app.observability import lines, logs
logs.configure("INFO")
for number in range(5_000):
    logs.log_request("GET", "/x", "x", 200, None, 0.1, "r" * 50)
print(lines.Lost.count)
"""


def test_d6_a_stopped_reader_of_the_log_does_not_block_the_process() -> None:
    """The log is a pipe, and nobody reads from its other end."""
    script = [sys.executable, "-c", STOPPED]
    done = subprocess.Popen(script, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.wait(timeout=60) == 0
    out, err = done.communicate()
    lost = int(out)
    assert lost > 1_000
    assert len(err.splitlines()) == 5_000 - lost
    assert all(json.loads(line)["event"] == "request" for line in err.splitlines())
