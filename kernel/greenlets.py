"""Wait for the database in a web worker, where all requests share one thread (gevent).

The driver's own wait function for such workers creates a poll object for every wait. This one costs a third of
that, and a donation waits for the database some thirty times.
"""

import sys
import time
from typing import Any, TypeVar

from psycopg import errors
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

Result = TypeVar("Result")


def shares_its_thread() -> bool:
    """Return whether this process waits in greenlets."""
    monkey = sys.modules.get("gevent.monkey")
    return bool(monkey and monkey.is_module_patched("socket"))


def wait_in_greenlet(gen: PQGen[Result], socket: int, timeout_s: float) -> Result:
    """Run the driver's steps, and let other greenlets run while the server does not answer.

    Raises `_WaitTimeout` when the steps are not done after `timeout_s` seconds.
    """
    hub = sys.modules["gevent"].get_hub()
    until = time.monotonic() + timeout_s
    try:
        wanted = next(gen)
        while True:
            wanted = gen.send(_next_ready(hub, socket, wanted, until))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _next_ready(hub: Any, socket: int, wanted: Wait, until: float) -> Ready:
    """Wait until the socket is readable or writable. libev's bits for both are the same as the driver's."""
    waiter = sys.modules["gevent.hub"].Waiter(hub)
    watcher, timer = hub.loop.io(socket, int(wanted)), hub.loop.timer(max(until - time.monotonic(), 0.0))
    watcher.start(waiter.switch, wanted)
    timer.start(waiter.switch, None)
    try:
        ready = waiter.get()
    finally:
        for each in (watcher, timer):
            each.stop()
            each.close()
    if ready is None:
        raise errors._WaitTimeout("the server is silent")
    return Ready(ready)
