"""CPU-bound work runs in threads outside the event loop, a few tasks at once, so that load from strangers on one
endpoint does not slow down giving."""

import os
import sys
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from threading import BoundedSemaphore, get_native_id
from typing import Any, ParamSpec, TypeVar

Args = ParamSpec("Args")
Result = TypeVar("Result")

AT_ONCE = 2  # per process
# The nice value of such work (0 to 19). A password is verified by four threads. At 10, two passwords at once take
# at most 30% of a core that the event loop wants too, and a sign-in beside two busy programs per core stays below a
# second. At 15 it took up to 3 s there; at 0 giving took six times as long while strangers guessed (ADR 24).
STEPS_BACK = 10
_turn = BoundedSemaphore(AT_ONCE)  # used where every request has its own thread
_large_turn = BoundedSemaphore(1)


def on_event_loop() -> bool:
    """Return whether all requests of this process share one thread (gevent), so that busy work blocks them all."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def off_loop(act: Callable[Args, Result], *args: Args.args, **named: Args.kwargs) -> Result:
    """Run a function that neither waits nor reads the request in a thread, and let other requests run meanwhile."""
    return _called(AT_ONCE, _turn, partial(act, *args, **named))


def off_loop_one_by_one(act: Callable[Args, Result], *args: Args.args, **named: Args.kwargs) -> Result:
    """Like `off_loop`, for work that needs hundreds of MB, such as decoding a picture: never two in one process."""
    return _called(1, _large_turn, partial(act, *args, **named))


def _called(at_once: int, turn: BoundedSemaphore, act: Callable[[], Result]) -> Result:
    if not on_event_loop():
        with turn:
            return act()
    made: list[Result] = []
    error: Exception | None = _pool(at_once).apply(_modest, (act, made))
    if error is not None:
        raise error
    return made[0]


def _modest(act: Callable[[], Result], made: list[Result]) -> Exception | None:
    """Run the work at low priority: if all processors are busy, the event loop and the database go first. On Linux
    each thread has its own priority. Return an error instead of raising it, because the thread pool would print
    each refusal of a file into the log, with its traceback."""
    os.setpriority(os.PRIO_PROCESS, get_native_id(), STEPS_BACK)
    try:
        made.append(act())
    except Exception as error:
        return error
    return None


@cache
def _pool(at_once: int) -> Any:
    """Return the process's pool of real threads of this size, created on first use because workers are forked."""
    # Imported only where gevent runs the server.
    return import_module("gevent.threadpool").ThreadPool(at_once)
