"""Group commit: concurrent callers in one process share a transaction, because they would wait for the same locks.

The first caller leads. It lets requests that have already arrived join, runs the waiting items and hands each
caller their result, round after round, until its own item is done; then it passes the lead on. No timer is
involved, so a single caller runs at once.
"""

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from kernel.errors import Refusal
from kernel.outage import strikes_all

MAX_BATCH = 64  # items per transaction; longer ones would hold the pots' locks too long

In = TypeVar("In")
Out = TypeVar("Out")


class _Call(Generic[In, Out]):
    """A caller's item, and its result or failure."""

    def __init__(self, item: In) -> None:
        self.item = item
        self.leads = False  # woken in order to lead
        self._sleeps = Lock()  # held until the call is woken; cheaper than an event with its condition
        self._sleeps.acquire()
        self.result: Out | Refusal | None = None
        self.failure: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.result is not None or self.failure is not None

    def sleep(self) -> None:
        """Wait until the call is done or its caller leads."""
        self._sleeps.acquire()

    def wake(self) -> None:
        self._sleeps.release()


class Batcher(Generic[In, Out]):
    """Collect the items of concurrent callers; `run_batch` processes them and returns one result each, in order."""

    def __init__(self, run_batch: Callable[[Sequence[In]], Sequence[Out | Refusal]]) -> None:
        self._run_batch = run_batch
        self._lock = Lock()  # guards the two fields below
        self._waiting: list[_Call[In, Out]] = []
        self._led = False  # a caller is running batches, or was woken to do so

    def submit(self, item: In) -> Out:
        """Return the result of this item, or raise its Refusal. Other items do not affect it, nor delay it for
        long."""
        call = _Call[In, Out](item)
        with self._lock:
            self._waiting.append(call)
            follows, self._led = self._led, True
        if follows:
            self._follow(call)
        if not call.done:
            self._lead(call)
        if call.failure is not None:
            raise call.failure
        if isinstance(call.result, Refusal):
            raise call.result
        assert call.result is not None
        return call.result

    def _lead(self, own: _Call[In, Out]) -> None:
        """Run batches until the caller's own item is processed. The lead is always passed on, even after an
        error."""
        try:
            while not own.done:
                # Callers that got their results together return together. Without this pause the first of them
                # would run alone, and the others after it.
                time.sleep(0)
                with self._lock:
                    calls, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
                try:
                    self._run(calls)
                finally:
                    for call in calls:
                        if call is not own:
                            call.wake()
        finally:
            self._pass_on(own)

    def _follow(self, call: _Call[In, Out]) -> None:
        """Wait for the result or for the lead."""
        try:
            call.sleep()
        except BaseException:  # the caller was ended and can no longer lead
            with self._lock:
                self._waiting = [other for other in self._waiting if other is not call]
                leads = call.leads
            if leads:
                self._pass_on(call)
            raise

    def _pass_on(self, own: _Call[In, Out]) -> None:
        """Give the lead to the next waiting caller. Without one, the next caller that arrives leads."""
        with self._lock:
            self._waiting = [call for call in self._waiting if call is not own]
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].leads = True
                self._waiting[0].wake()

    def _run(self, calls: Sequence[_Call[In, Out]]) -> None:
        try:
            results = self._run_batch([call.item for call in calls])
            for call, result in zip(calls, results, strict=True):
                call.result = result
        except Exception as failure:
            if len(calls) == 1 or strikes_all(failure):
                for call in calls:
                    call.failure = failure
                return
            for call in calls:  # one of them may have failed the batch: run each alone
                call.result = None
                self._run([call])
        except BaseException as ending:
            # The process is shutting down, and no caller may be left waiting.
            for call in calls:
                call.failure = call.failure or ending
            raise
