"""The embedded PostgreSQL: it starts, dies and comes back as the demo and the crash tests need it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from embedded.postgres import Postgres
from embedded.proc import descendants, is_running
from embedded.process import ServerError, wait_until

ROOT = Path(__file__).parents[2]
FAST = {"shared_buffers": "16MB", "max_connections": "20"}


@pytest.fixture(scope="module")
def initialized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped cluster. Tests that are not about its making start on copies, which takes a fraction of initdb."""
    path = tmp_path_factory.mktemp("initialized") / "pg"
    Postgres.start(path, FAST).stop()
    return path


@pytest.fixture
def data(initialized: Path, tmp_path: Path) -> Path:
    """The data directory of a server."""
    return copied(initialized, tmp_path / "pg")


def copied(cluster: Path, data_dir: Path) -> Path:
    subprocess.run(["cp", "-a", cluster, data_dir], check=True)  # -a keeps its owner
    return data_dir


def run(server: Postgres, *statements: str) -> list:
    engine = create_engine(server.url, poolclass=NullPool)
    with engine.begin() as connection:
        results = [connection.execute(text(statement)) for statement in statements]
        return results[-1].all() if results[-1].returns_rows else []


def test_committed_rows_survive_a_power_cut_and_a_stop(data: Path) -> None:
    with Postgres.start(data, FAST) as server:
        address = server.url
        run(server, "CREATE TABLE gift (amount_minor bigint)", "INSERT INTO gift VALUES (10000)")
        family = [server.pid, *descendants(server.pid)]
        server.kill()
        assert not any(is_running(pid) for pid in family)
        server.restart()
        assert server.url == address
        assert run(server, "SELECT amount_minor FROM gift") == [(10000,)]
    assert not server.alive
    with Postgres.start(data, FAST) as again:
        assert run(again, "SELECT amount_minor FROM gift") == [(10000,)]


def test_server_keeps_what_it_promises_about_durability_time_and_network(data: Path) -> None:
    with Postgres.start(data, FAST) as server:
        shown = {
            name: run(server, f"SHOW {name}")[0][0]
            for name in ("fsync", "synchronous_commit", "timezone", "listen_addresses", "server_encoding")
        }
        assert shown == {
            "fsync": "on",
            "synchronous_commit": "on",
            "timezone": "UTC",
            "listen_addresses": "",
            "server_encoding": "UTF8",
        }
        assert run(server, "SELECT timestamptz '2026-09-09 01:00+00' AT TIME ZONE 'Asia/Shanghai'")[0][0].hour == 9


def test_two_servers_live_side_by_side(data: Path, initialized: Path, tmp_path: Path) -> None:
    second = copied(initialized, tmp_path / "second")
    with Postgres.start(data, FAST) as row, Postgres.start(second, FAST) as two:
        run(row, "CREATE TABLE only_here ()")
        assert run(two, "SELECT count(*) FROM pg_class WHERE relname = 'only_here'") == [(0,)]


def test_a_second_server_on_the_same_directory_is_refused_with_the_first_ones_pid(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.cluster._SHUTDOWN_SECONDS", 0.1)
    with Postgres.start(data, FAST) as first:
        with pytest.raises(ServerError, match=f"process {first.pid}"):
            Postgres.start(data, FAST)
        assert run(first, "SELECT 1") == [(1,)]


def test_a_stale_pid_file_whose_number_was_reused_does_not_prevent_a_start(data: Path) -> None:
    # As after a reboot. PostgreSQL alone would refuse: its check knows only whether the process exists.
    with Postgres.start(data, FAST) as server:
        server.kill()
        account = {"user": server.account[0]} if server.account else {}
        with subprocess.Popen(["sleep", "60"], **account) as stranger:
            for file in (data / "postmaster.pid", server.sockets.path / server.socket_name):
                file.write_text(file.read_text().replace(str(server.pid), str(stranger.pid), 1))
            try:
                server.restart()
                assert run(server, "SELECT 1") == [(1,)]
                assert stranger.poll() is None
            finally:
                stranger.kill()


def test_a_crash_within_initdb_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    left = tmp_path / "pg.init-999999999"
    left.mkdir()
    (left / "PG_VERSION").write_text("18\n")
    with Postgres.start(tmp_path / "pg", FAST) as server:
        assert run(server, "SELECT 1") == [(1,)]
    assert not left.exists()


def test_a_directory_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "thesis.txt").write_text("mine")
    with pytest.raises(ServerError, match="not empty"):
        Postgres.start(tmp_path / "pg", FAST)
    assert (tmp_path / "pg" / "thesis.txt").read_text() == "mine"


def test_a_server_that_dies_at_start_says_why(data: Path) -> None:
    with pytest.raises(ServerError, match="no_such_setting"):
        Postgres.start(data, {**FAST, "no_such_setting": "1"})


def test_a_path_too_long_for_a_socket_still_works_and_leaves_no_directory_behind(tmp_path: Path) -> None:
    with Postgres.start(tmp_path / ("long" * 30) / "pg", FAST) as server:
        assert run(server, "SELECT 1") == [(1,)]
        sockets = server.sockets.path
        assert sockets.is_dir()
    assert not sockets.exists()


def test_a_server_restarted_in_a_thread_outlives_the_thread(data: Path) -> None:
    with Postgres.start(data, FAST) as server:
        thread = threading.Thread(target=server.restart)
        thread.start()
        thread.join()
        assert not wait_until(lambda: not server.alive, 0.5)
        assert run(server, "SELECT 1") == [(1,)]


def test_no_server_outlives_a_killed_parent_and_the_next_start_finds_the_data(data: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from embedded.postgres import Postgres\n"
        f"server = Postgres.start(Path(sys.argv[1]), {FAST!r}); print(server.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ) as parent:
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    with Postgres.start(data, FAST) as server:  # at once: waits for the old one's shutdown
        assert not is_running(pid)
        assert run(server, "SELECT 1") == [(1,)]
