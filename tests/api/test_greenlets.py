"""A web worker serves many at once: a wait for the database holds up nobody else (docs/adr/0004)."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# As a gevent worker of gunicorn does it: patch first, import the application afterwards.
SCRIPT = """
from gevent import monkey; monkey.patch_all()
import json, sys
import gevent
from app.group_commit import Batcher
from kernel.db import Database

db = Database(sys.argv[1])

waiting, together = 0, 0
def wait(_):
    global waiting, together
    with db.transaction() as tx:
        waiting += 1
        together = max(together, waiting)
        tx.scalar("SELECT pg_sleep(1)")
        waiting -= 1

gevent.joinall([gevent.spawn(wait, n) for n in range(5)], raise_error=True)

def batch(items):
    gevent.sleep(0.05)
    sizes.append(len(items))
    return [item * 2 for item in items]

sizes = []
batcher = Batcher(batch)
calls = [gevent.spawn(batcher.submit, n) for n in range(100)]
gevent.joinall(calls, timeout=20, raise_error=True)

def slow(items):
    gevent.sleep(0.1)
    return items

# Callers who are ended before their result came: the leader, one who waits, and one who was just woken to lead.
batcher = Batcher(slow)
leader, follower, last = [gevent.spawn(batcher.submit, n) for n in range(1, 4)]
gevent.sleep(0.05)
more = [gevent.spawn(batcher.submit, n) for n in range(4, 7)]
gevent.sleep(0)
for ended in (follower, more[0], leader, more[1]):
    ended.kill(block=False)
after = gevent.spawn(batcher.submit, 7)
gevent.joinall([more[2], after], timeout=20)
ended = [more[2].value, after.value, batcher.submit(8), batcher._waiting, batcher._led]

answers = [call.value for call in calls]
print(json.dumps({"ended": ended, "together": together, "answers": answers, "batches": len(sizes)}))
"""


def test_greenlets_wait_side_by_side_and_share_batches(database_url: str) -> None:
    command = [sys.executable, "-c", SCRIPT, database_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    events = json.loads(done.stdout)
    assert events["together"] >= 2  # if one wait held up the others, each would be alone
    assert events["answers"] == [2 * n for n in range(100)]
    assert events["batches"] <= 4
    assert events["ended"] == [6, 7, 8, [], False]  # nobody waits for a caller who is gone


# The largest file that is read within a request, while another greenlet counts its turns.
READING = """
from gevent import monkey; monkey.patch_all()
import gevent, json, sys, time
from app.http.off_loop import off_loop
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, kind_of
from campaigns.imports.runs import READ_AT_ONCE_BYTES
from tests.bank.files import camt, entry

size = len(entry("1.00", ref="R0000")) + 7
data = camt(*[entry("1.00", ref=f"R{number:04}") for number in range((READ_AT_ONCE_BYTES - 2_000) // size)])
assert len(data) > READ_AT_ONCE_BYTES // 2
request = ImportRequest("bank", Confirmation("finance"))

def turns_while(apart):
    turns = []
    def tick():
        while True:
            turns.append(1); gevent.sleep(0.001)
    ticker = gevent.spawn(tick)
    for _ in range(5):
        apart(lambda: kind_of("bank").read(request, data, iter))
    ticker.kill()
    return len(turns)

off_loop(int)  # the threads are there
print(json.dumps({"beside": turns_while(off_loop), "on": turns_while(lambda act: act())}))
"""


def test_a_file_is_read_beside_the_event_loop() -> None:
    done = subprocess.run(
        [sys.executable, "-c", READING], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    turns = json.loads(done.stdout)
    assert turns["on"] <= 1 and turns["beside"] > 10, turns


REFUSED = """
from gevent import monkey; monkey.patch_all()
from app.http.off_loop import off_loop, off_loop_one_by_one
from kernel.errors import Invalid

def refuse():
    raise Invalid("picture_invalid")

for run in (off_loop, off_loop_one_by_one):
    assert run(abs, -3) == 3
    try:
        run(refuse)
    except Invalid as error:
        print(error.code)
"""


def test_a_refusal_off_the_event_loop_reaches_the_caller_and_no_log() -> None:
    command = [sys.executable, "-c", REFUSED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["picture_invalid"] * 2), done.stderr
    assert "Traceback" not in done.stderr
