"""`python -m embedded`, which `make run` calls: run the whole demo until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import FrameType

import config
from embedded.launch import Launch
from embedded.lock import DataLock
from embedded.process import ServerError, port_is_free, wait_until
from embedded.supervisor import Supervisor

Handler = Callable[[int, FrameType | None], object] | signal.Handlers

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LEFTOVER_SECONDS = 15.0  # the web server of a killed run may still be shutting down
_LONGEST_LOG = 20_000_000  # bytes


def say(line: str) -> None:
    """Print a line to the terminal and flush it."""
    print(line, flush=True)


def check_ports(settings: config.Config, *, after_crash: bool) -> None:
    """Raise ServerError, naming the setting, when a port of the demo is taken. After a killed run, first give its
    children time to exit."""
    ports = {"PORT": (settings.port, "网站 / web server")}
    if not settings.stripe_secret_key:
        ports["SANDBOX_PORT"] = (settings.sandbox_port, "支付沙箱 / payment sandbox")
    for name, (port, user) in ports.items():
        if not wait_until(partial(port_is_free, port), _LEFTOVER_SECONDS if after_crash else 0.0):
            raise ServerError(
                f"端口 {port}（{user}）已被占用 / Port {port} is taken. Try: {name}={port + 80} make run"
            )


def turn_logs(logs: Path) -> None:
    """Rotate each log that has grown long, keeping one previous generation."""
    for log in logs.glob("*.log"):
        if log.stat().st_size > _LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))


def greeting(run: Launch, address: str, login: str) -> str:
    """Return the addresses of the pages and how to sign in, in both languages."""
    rows = [
        ("活动 Event site", f"{address}/"),
        ("管理 Console", f"{address}/console/"),
        ("接口 API docs", f"{address}/api/docs"),
    ]
    if run.sandbox_url:
        rows.append(("支付沙箱 Payment sandbox (no real money)", f"{run.sandbox_url}/"))
    rows += [("数据 Data", str(run.data_dir)), ("日志 Logs", str(run.logs))]
    lines = ["", "倍善已启动 / Beishan is running", ""]
    lines += [f"  {label}: {where}" for label, where in rows]
    if login.strip():
        lines += ["", *(f"  {line}" for line in login.strip().splitlines())]
    return "\n".join([*lines, "", "按 Ctrl-C 停止 / Press Ctrl-C to stop.", ""])


def launch(environ: Mapping[str, str]) -> None:
    """Run the demo until KeyboardInterrupt, then stop everything. Raises ServerError when it cannot start."""
    settings = config.load(environ)
    data_dir = settings.data_dir.absolute()
    with DataLock(data_dir) as lock:
        check_ports(settings, after_crash=lock.unclean)
        turn_logs(data_dir / "logs")
        supervisor = Supervisor(say)
        try:
            say("正在启动…… / Starting (the first time takes a little longer) ...")
            run = Launch(settings, environ, supervisor)
            run.servers()
            run.payments()
            run.schema()
            login = run.seed()
            run.training()
            run.application()
            say(greeting(run, settings.public_url, login))
            supervisor.watch()
        finally:
            _react(signal.SIG_IGN)  # a second Ctrl-C must not interrupt the shutdown, which has its own time-outs
            supervisor.stop()


def main() -> int:
    """Return the exit code: 0 after Ctrl-C, SIGTERM or SIGHUP, 1 if the demo could not start."""
    _react(_interrupt)
    try:
        launch(os.environ)
    except KeyboardInterrupt:
        say("已停止 / Stopped.")
        return 0
    except ServerError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _react(handler: Handler) -> None:
    for signum in _SIGNALS:
        # nohup passes an ignored SIGHUP on purpose, so keep it. Handle an ignored SIGINT (from a shell's "&")
        # again.
        if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:
            signal.signal(signum, handler)


if __name__ == "__main__":
    sys.exit(main())
