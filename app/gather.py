"""Donors who come at the same moment share one transaction: they would wait for the same pot anyway.

The first to come leads: it runs whatever is waiting and hands each caller the answer, round after round, until its
own is there; then it passes the lead on. Nobody waits for a timer: alone, a wish runs at once.
"""

from collections.abc import Callable, Sequence
from threading import Condition

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from campaigns.donations.give import Given, give
from campaigns.donations.wish import Give
from campaigns.engine import Engine
from kernel.errors import Refusal

MOST = 64  # wishes in one transaction: longer ones would keep the pots' locks too long

Batch = Callable[[Engine, Sequence[Give]], list[Given | Refusal]]


class _Call:
    """One caller's wish and what became of it."""

    def __init__(self, wish: Give) -> None:
        self.wish = wish
        self.answer: Given | Refusal | None = None
        self.failure: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.answer is not None or self.failure is not None


class Gather:
    """Collects the wishes of concurrent callers of one process; `batch` does the work (`give`)."""

    def __init__(self, engine: Engine, batch: Batch = give) -> None:
        self._engine = engine
        self._batch = batch
        self._turn = Condition()
        self._waiting: list[_Call] = []
        self._led = False  # somebody is running a batch

    def give(self, wish: Give) -> Given:
        """The donation as it stands, or the Refusal raised; other wishes neither disturb nor delay it long."""
        call = _Call(wish)
        with self._turn:
            self._waiting.append(call)
            self._turn.wait_for(lambda: call.done or not self._led)
            if not call.done:
                self._led = True
        if not call.done:
            self._lead(call)
        if call.failure is not None:
            raise call.failure
        if isinstance(call.answer, Refusal):
            raise call.answer
        assert call.answer is not None
        return call.answer

    def _lead(self, own: _Call) -> None:
        """Run batches until our own wish is answered. Whatever happens, the lead is passed on."""
        try:
            while not own.done:
                with self._turn:
                    calls, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                self._run(calls)
                with self._turn:
                    self._turn.notify_all()
        finally:
            with self._turn:
                self._led = False
                self._turn.notify_all()

    def _run(self, calls: Sequence[_Call]) -> None:
        try:
            answers = self._batch(self._engine, [call.wish for call in calls])
            for call, answer in zip(calls, answers, strict=True):
                call.answer = answer
        except Exception as failure:
            if len(calls) == 1 or _database_gone(failure):
                for call in calls:
                    call.failure = failure
                return
            for call in calls:  # one of them spoilt it for all: each alone
                call.answer = None
                self._run([call])
        except BaseException as ending:
            # The process is told to stop: nobody may be left waiting.
            for call in calls:
                call.failure = call.failure or ending
            raise


def _database_gone(failure: Exception) -> bool:
    """No connection: trying each wish alone would only make everyone wait longer. What the server itself
    refused (a deadlock, say) carries a SQLSTATE."""
    if isinstance(failure, OperationalError):
        return getattr(failure.orig, "sqlstate", None) is None
    return isinstance(failure, PoolTimeout)
