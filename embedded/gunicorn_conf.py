"""How `make run` serves the web application (read by gunicorn, see its settings reference)."""

import os

bind = f"127.0.0.1:{os.environ['PORT']}"  # the demo is for this machine only
worker_class = "gevent"  # each open page keeps a connection for the live totals
workers = int(os.environ.get("WEB_CONCURRENCY") or "2")
worker_connections = 2000
graceful_timeout = 10
errorlog = "-"
control_socket_disable = True  # it would sit in the home directory, one for all runs
