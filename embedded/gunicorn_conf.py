"""The gunicorn configuration of `make run` (see gunicorn's settings reference)."""

import os
import resource
from importlib import import_module
from typing import Any

FILES = 16_384  # one per connection; the usual limit of a shell is 1,024
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))

bind = f"127.0.0.1:{os.environ['PORT']}"  # the demo serves this machine only
worker_class = "gevent"  # each open page keeps a connection for the live totals
# Half of the cores, because PostgreSQL needs the others. Donors of one worker share a transaction, so that on two
# cores one worker takes more donations per second than two, for two thirds of the CPU time (docs/performance.md).
workers = int(os.environ.get("WEB_CONCURRENCY") or max(1, (os.cpu_count() or 2) // 2))
BESIDE_STREAMS = 1_500  # connections left for other requests when all live streams are open
worker_connections = int(os.environ.get("LIVE_STREAMS_MOST") or 2_500) + BESIDE_STREAMS
ACCEPTED = 8
graceful_timeout = 5  # seconds; open pages never close their connection, and a request in flight takes a second
errorlog = "-"
control_socket_disable = True  # it would be in the home directory, shared by all runs


def post_fork(_server: Any, _worker: Any) -> None:
    """Accept new connections a few at a time. With gevent's default of a hundred, each of them reads its request
    before any other connection has a turn."""
    import_module("gevent.baseserver").BaseServer.max_accept = ACCEPTED
