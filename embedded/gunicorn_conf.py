"""How `make run` serves the web application (read by gunicorn, see its settings reference)."""

import os
import resource
from importlib import import_module
from typing import Any

FILES = 16_384  # each connection is one; the usual limit of a shell is 1,024
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))

bind = f"127.0.0.1:{os.environ['PORT']}"  # the demo is for this machine only
worker_class = "gevent"  # each open page keeps a connection for the live totals
# Half of the cores: the others are PostgreSQL's. Donors of one worker share a transaction, so on two cores one
# worker takes more donations a second than two, at two thirds of the processor time (docs/performance.md).
workers = int(os.environ.get("WEB_CONCURRENCY") or max(1, (os.cpu_count() or 2) // 2))
BESIDE_STREAMS = 1_500  # connections that are left for everybody else when all live totals are open
worker_connections = int(os.environ.get("LIVE_STREAMS_MOST") or 2_500) + BESIDE_STREAMS
ACCEPTED = 8
graceful_timeout = 5  # open pages hold their connection for ever; a request in flight takes a second
errorlog = "-"
control_socket_disable = True  # it would sit in the home directory, one for all runs


def post_fork(_server: Any, _worker: Any) -> None:
    """Take new connections a few at a time: of a hundred (gevent's default) that come at once, each reads its
    request before anybody else has a turn."""
    import_module("gevent.baseserver").BaseServer.max_accept = ACCEPTED
