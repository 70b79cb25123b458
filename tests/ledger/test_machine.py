"""The books against a plain dictionary: random transfers, repeats and overdrafts, faultless after each step."""

from collections import defaultdict
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kernel.db import Database, Tx
from kernel.errors import BrokenPromise, Conflict
from ledger.chart import OF_CAMPAIGN, OF_FUND, OF_POT, OF_PROJECT, OF_PROVIDER, Account, AccountKind
from ledger.check import faults
from ledger.kinds import TransferKind
from ledger.post import Transfer, post
from ledger.statements import balance

_runs = count()
# The federation has one bank account, shared by all runs: it is left out.
kinds = st.sampled_from([kind for kind in AccountKind if kind is not AccountKind.BANK])
names = st.tuples(kinds, st.integers(1, 2), st.integers(1, 2))


def account(run: int, name: tuple[AccountKind, int, int]) -> Account:
    """An account of a run's own: `name` is its kind, whose it is, and its project."""
    kind, number, project_id = name
    owner = 10 * run + number
    return Account(
        kind,
        owner if kind in OF_FUND else None,
        owner if kind in OF_POT else None,
        owner if kind in OF_CAMPAIGN else None,
        project_id if kind in OF_PROJECT else None,
        f"provider {owner}" if kind in OF_PROVIDER else None,
    )


moves = st.tuples(names, names, st.integers(1, 1_000)).filter(
    lambda move: account(0, move[0]) != account(0, move[1])
)
calls = st.lists(moves, min_size=1, max_size=5)
Move = tuple[tuple[AccountKind, int, int], tuple[AccountKind, int, int], int]


class Books(RuleBasedStateMachine):
    """`held` and `posted` are the model: what each account holds, and every transfer that was written."""

    db: Database

    @initialize()
    def open(self) -> None:
        self.run = next(_runs)  # accounts and keys of this run's own: the books themselves are never emptied
        self.held: defaultdict[Account, int] = defaultdict(int)
        self.posted: dict[str, Transfer] = {}
        self.keys = count()

    def _transfer(self, move: Move) -> Transfer:
        debit, credit = (account(self.run, name) for name in move[:2])
        return Transfer(f"{self.run}:{next(self.keys)}", debit, credit, move[2], TransferKind.DEPOSIT)

    def _after(self, transfers: list[Transfer]) -> dict[Account, int]:
        """What the accounts would hold after one call."""
        held = defaultdict(int, self.held)
        for transfer in transfers:
            held[transfer.debit] -= transfer.amount_minor
            held[transfer.credit] += transfer.amount_minor
        return held

    def _post(self, tx: Tx, transfers: list[Transfer]) -> None:
        """Post and keep the model in step. Raises Conflict when the model says that an account is short."""
        fresh = [transfer for transfer in transfers if transfer.key not in self.posted]
        after = self._after(fresh)
        short = any(
            name.floor_minor is not None and after[name] < min(self.held[name], name.floor_minor)
            for transfer in fresh
            for name in (transfer.debit, transfer.credit)
        )
        try:
            number = post(tx, transfers)
        except Conflict as refused:
            assert short
            assert refused.code == "books_short"
            raise
        assert not short
        assert number == len(fresh)
        self.held = defaultdict(int, after)
        self.posted |= {transfer.key: transfer for transfer in fresh}

    @rule(call=calls)
    def one_call(self, call: list[Move]) -> None:
        self._all_or_nothing([[self._transfer(move) for move in call]])

    @rule(first=calls, second=calls)
    def two_calls_in_one_transaction(self, first: list[Move], second: list[Move]) -> None:
        self._all_or_nothing([[self._transfer(move) for move in call] for call in (first, second)])

    @rule(call=calls, factor=st.integers(2, 50))
    def overdraw(self, call: list[Move], factor: int) -> None:
        self._all_or_nothing([[self._transfer((debit, credit, amount * factor)) for debit, credit, amount in call]])

    @precondition(lambda self: self.posted)
    @rule(data=st.data(), call=calls)
    def repeat_with_something_new(self, data: Any, call: list[Move]) -> None:
        old = data.draw(st.lists(st.sampled_from(sorted(self.posted)), unique=True, min_size=1))
        self._all_or_nothing([[self.posted[key] for key in old] + [self._transfer(move) for move in call]])

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def repeat_with_another_amount(self, data: Any) -> None:
        old = self.posted[data.draw(st.sampled_from(sorted(self.posted)))]
        try:
            with self.db.transaction() as tx:
                post(tx, [old._replace(amount_minor=old.amount_minor + 1)])
        except BrokenPromise:
            return
        raise AssertionError("the books took a key twice with different contents")

    def _all_or_nothing(self, groups: list[list[Transfer]]) -> None:
        held, posted = self.held, dict(self.posted)
        try:
            with self.db.transaction() as tx:
                for transfers in groups:
                    self._post(tx, transfers)
        except Conflict:
            self.held, self.posted = held, posted

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        with self.db.snapshot() as tx:
            assert faults(tx) == []
            for name, amount in self.held.items():
                assert balance(tx, name) == amount
            mine = tx.scalar("SELECT count(*) FROM ledger_transfer WHERE key LIKE :run", run=f"{self.run}:%")
            assert mine == len(self.posted)


def test_random_books_always_balance(db: Database) -> None:
    class Here(Books):
        pass

    Here.db = db
    run_state_machine_as_test(
        Here,
        settings=settings(max_examples=25, stateful_step_count=12, suppress_health_check=list(HealthCheck)),
    )
