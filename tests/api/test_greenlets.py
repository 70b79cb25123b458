"""A web worker serves many at once: a wait for the database holds up nobody else (docs/adr/0004)."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# As a gevent worker of gunicorn does it: patch first, import the application afterwards.
SCRIPT = """
from gevent import monkey; monkey.patch_all()
import json, sys, time
import gevent
from app.group_commit import Batcher
from kernel.db import Database

db = Database(sys.argv[1])

def wait(_):
    with db.transaction() as tx:
        tx.scalar("SELECT pg_sleep(1)")

wait(0)
began = time.monotonic()
gevent.joinall([gevent.spawn(wait, n) for n in range(5)], raise_error=True)
together = time.monotonic() - began

def batch(items):
    gevent.sleep(0.05)
    sizes.append(len(items))
    return [item * 2 for item in items]

sizes = []
batcher = Batcher(batch)
calls = [gevent.spawn(batcher.submit, n) for n in range(100)]
gevent.joinall(calls, timeout=20, raise_error=True)
print(json.dumps({"together": together, "answers": [call.value for call in calls], "batches": len(sizes)}))
"""


def test_greenlets_wait_side_by_side_and_share_batches(database_url: str) -> None:
    command = [sys.executable, "-c", SCRIPT, database_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["together"] < 3  # five waits of a second each, and some slack for a busy machine
    assert told["answers"] == [2 * n for n in range(100)]
    assert told["batches"] <= 4
