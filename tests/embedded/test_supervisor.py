"""The launcher's parts: restarts with growing pauses, one run per directory, secrets that stay."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import config
from embedded.__main__ import check_ports
from embedded.demo import load_secrets, with_defaults
from embedded.launch import Launch
from embedded.lock import DataLock
from embedded.proc import descendants, is_running
from embedded.process import Child, ServerError, free_port, wait_until
from embedded.supervisor import Supervisor

ROOT = Path(__file__).parents[2]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Fragile:
    """A service that a test lets die, and that notes when it was restarted and stopped."""

    name: str
    journal: list = field(default_factory=list)
    alive: bool = True
    works: bool = True

    def restart(self) -> None:
        self.journal.append(("restart", self.name))
        if not self.works:
            raise ServerError("no")
        self.alive = True

    def stop(self) -> None:
        self.journal.append(("stop", self.name))
        if not self.works:
            raise ServerError("will not")


def restart_times(supervisor: Supervisor, clock: Clock, service: Fragile, seconds: int) -> list[float]:
    times = []
    for _ in range(seconds * 4):
        before = len(service.journal)
        supervisor.tick()
        times += [clock.now] * (len(service.journal) - before)
        clock.now += 0.25
    return times


def test_a_service_that_stays_dead_is_tried_again_with_pauses_that_grow_to_thirty_seconds() -> None:
    clock, lines = Clock(), []
    supervisor = Supervisor(lines.append, clock)
    service = Fragile("web", alive=False, works=False)
    supervisor.add("web", service)
    times = restart_times(supervisor, clock, service, 130)
    pauses = [round(later - earlier) for earlier, later in zip([0.0, *times], times, strict=False)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert "web ended; starting it again in 1 s" in lines


def test_a_service_that_was_up_for_long_is_restarted_soon_again() -> None:
    clock = Clock()
    supervisor = Supervisor(lambda _line: None, clock)
    service = Fragile("web")
    supervisor.add("web", service)
    for _ in range(3):
        service.alive = False
        died = clock.now
        [restarted] = restart_times(supervisor, clock, service, 100)
        assert restarted - died == pytest.approx(1, abs=0.3)


def test_all_are_stopped_in_reverse_order_even_when_one_refuses() -> None:
    journal: list = []
    supervisor = Supervisor(lambda _line: None)
    for name, works in (("postgres", True), ("redis", False), ("web", True)):
        supervisor.add(name, Fragile(name, journal, works=works))
    with pytest.raises(ServerError):
        supervisor.stop()
    assert journal == [("stop", "web"), ("stop", "redis"), ("stop", "postgres")]


def test_a_child_that_ignores_the_stop_is_killed_with_its_own_children(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 60 & echo ready; wait; wait"
    child = Child(["/bin/bash", "-c", script], tmp_path / "log", patience=0.2).start()
    assert wait_until(lambda: "ready" in child.output(), 20)
    family = [child.pid, *descendants(child.pid)]
    assert len(family) == 2
    child.stop()
    assert not any(is_running(pid) for pid in family)


def test_a_second_run_on_the_same_directory_names_the_pid_of_the_first(tmp_path: Path) -> None:
    with DataLock(tmp_path) as first:
        assert not first.unclean
        with pytest.raises(ServerError, match=str(os.getpid())), DataLock(tmp_path):
            pass
    with DataLock(tmp_path) as again:
        assert not again.unclean


def test_a_killed_run_frees_its_directory_and_the_next_one_knows(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from embedded.lock import DataLock\n"
        "with DataLock(Path(sys.argv[1])): print(flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as killed:
        killed.stdout.readline()
        killed.send_signal(signal.SIGKILL)
    with DataLock(tmp_path) as lock:
        assert lock.unclean


def test_secrets_are_private_random_and_the_same_at_every_run(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    made = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == made
    assert not set(made.values()) & set(load_secrets(tmp_path / "other").values())
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_secrets_of_an_older_version_are_kept_and_completed(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text(json.dumps({"FIELD_KEY": "old"}))
    made = load_secrets(tmp_path)
    assert made["FIELD_KEY"] == "old"
    assert made["SECRET_KEY"]


def test_variables_set_by_the_user_win_and_empty_ones_count_as_unset() -> None:
    assert with_defaults({"A": "mine", "B": ""}, {"A": "made", "B": "made"}) == {"A": "mine", "B": "made"}


def test_the_sandbox_uses_the_next_port_or_its_own() -> None:
    assert config.load({"PORT": "8080"}).sandbox_port == 8081
    assert config.load({"PORT": "8080", "SANDBOX_PORT": "9000"}).sandbox_port == 9000


def test_a_port_that_is_free_again_is_not_taken() -> None:
    settings = config.load({"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())})
    with socket.create_server(("127.0.0.1", settings.port)), pytest.raises(ServerError, match=str(settings.port)):
        check_ports(settings, after_crash=False)
    check_ports(settings, after_crash=False)


def test_with_a_real_provider_the_port_of_the_sandbox_may_be_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(taken.getsockname()[1])}
        check_ports(config.load(ports | {"STRIPE_SECRET_KEY": "sk_test_of_a_provider"}), after_crash=False)


def test_a_sandbox_whose_port_was_taken_meanwhile_ends_the_launch(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(taken.getsockname()[1])}
        environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | ports
        supervisor = Supervisor(print)
        try:
            with pytest.raises(ServerError, match="The payment sandbox did not start"):
                Launch(config.load(environ), environ, supervisor).payments()
        finally:
            supervisor.stop()


def test_a_launch_without_a_demo_says_how_to_create_the_first_account(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path), "BEISHAN_SEED": "0"}
    printed = Launch(config.load(environ), environ, Supervisor(print)).seed()
    assert f"export DATA_DIR={tmp_path}" in printed and "users create NAME --role admin" in printed


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_ends_make_run_before_anything_starts(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        env = {**os.environ, "PORT": str(free_port()), "DATA_DIR": str(tmp_path), "BEISHAN_ENV": "", name: port}
        command = [sys.executable, "-m", "embedded"]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert port in done.stderr
    assert f"{name}=" in done.stderr
    assert not (tmp_path / "postgres").exists()
