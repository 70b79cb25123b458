"""Work that keeps a processor busy runs beside the event loop, a little of it at a time: no stranger's load on one
door slows down giving."""

import os
import sys
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from threading import BoundedSemaphore, get_native_id
from typing import Any, ParamSpec, TypeVar

Args = ParamSpec("Args")
Result = TypeVar("Result")

AT_ONCE = 2  # in one process
# How far such work steps back (0 to 19). A password is verified by four threads: at 10, two passwords at once
# take at most 30 of 100 parts of a core that the event loop wants too, and a sign-in beside two busy programs a
# core stays below a second. At 15 it took up to 3 s there; at 0 giving took six times as long while strangers
# guessed (ADR 24).
STEPS_BACK = 10
_turn = BoundedSemaphore(AT_ONCE)  # where every request has a thread of its own
_large_turn = BoundedSemaphore(1)


def on_event_loop() -> bool:
    """Whether all requests of this process share one thread, so that work of one holds up all others (gevent)."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def off_loop(act: Callable[Args, Result], *args: Args.args, **named: Args.kwargs) -> Result:
    """Call a function that neither waits nor reads the request, in a thread; wait for it and let others go on."""
    return _called(AT_ONCE, _turn, partial(act, *args, **named))


def off_loop_one_by_one(act: Callable[Args, Result], *args: Args.args, **named: Args.kwargs) -> Result:
    """Do the same for what needs hundreds of MB, such as a picture that is decoded: never two in one process."""
    return _called(1, _large_turn, partial(act, *args, **named))


def _called(at_once: int, turn: BoundedSemaphore, act: Callable[[], Result]) -> Result:
    if on_event_loop():
        result: Result = _pool(at_once).apply(_modest, (act,))
        return result
    with turn:
        return act()


def _modest(act: Callable[[], Result]) -> Result:
    """Do the work with a low priority: where all processors are busy, the event loop and the database go first. On
    Linux a thread has a priority of its own."""
    os.setpriority(os.PRIO_PROCESS, get_native_id(), STEPS_BACK)
    return act()


@cache
def _pool(at_once: int) -> Any:
    """One pool of real threads for each size in each process, made on first use: workers are forked."""
    # Only where gevent runs the server: nothing else here imports it.
    return import_module("gevent.threadpool").ThreadPool(at_once)
