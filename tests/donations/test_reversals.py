"""What a donation has left, from any set of messages about its refunds and disputes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.donations.facts.reversals import Position, position
from payments.reversals import RANK, ReversalFact, ReversalKind, ReversalState

NOON = datetime(2026, 9, 9, 4, 0, tzinfo=UTC)
REFUND, DISPUTE, TOTAL = ReversalKind.REFUND, ReversalKind.DISPUTE, ReversalKind.CHARGE_TOTAL
S = ReversalState


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def refund(
    reference: str, state: ReversalState, amount: int, when: int = 0, created: int | None = 0
) -> ReversalFact:
    made = None if created is None else at(created)
    return ReversalFact(REFUND, reference, state, amount, at(when), made)


def dispute(reference: str, state: ReversalState, amount: int, when: int = 0) -> ReversalFact:
    return ReversalFact(DISPUTE, reference, state, amount, at(when))


def total(amount: int, when: int = 0) -> ReversalFact:
    return ReversalFact(TOTAL, "ch_1", S.TOLD, amount, at(when))


def left(*facts: ReversalFact, amount: int = 100) -> tuple[int, int]:
    """Kept and in excess."""
    position_read = position(amount, facts)
    return position_read.kept_minor, position_read.excess_minor


def test_without_reversals_the_whole_donation_is_kept() -> None:
    assert position(100, []) == Position(100, 0, 0, 0, 0, ())


def test_a_reported_refund_that_fails_leaves_the_gift_whole() -> None:
    assert left(total(100), refund("re_1", S.FAILED, 100, created=None)) == (100, 0)


def test_a_new_try_after_a_failed_refund_counts() -> None:
    failed = refund("re_1", S.FAILED, 100, when=10)
    assert left(total(100), failed, refund("re_2", S.SUCCEEDED, 100, 20, 20), total(100, 20)) == (0, 0)
    assert left(total(100), failed, total(100, 20)) == (0, 0), "also when only the charge tells of it"


def test_a_pending_refund_is_gone_and_comes_back_when_it_fails() -> None:
    assert left(refund("re_1", S.PENDING, 40)) == (60, 0)
    assert left(refund("re_1", S.PENDING, 40), refund("re_1", S.FAILED, 40, 9)) == (100, 0)


def test_a_refund_reported_by_id_and_in_a_total_counts_once() -> None:
    assert left(refund("re_1", S.SUCCEEDED, 30), total(30)) == (70, 0)
    assert left(refund("re_1", S.SUCCEEDED, 30), total(50, 5)) == (50, 0), "20 more under a name never heard"


def test_a_dispute_takes_its_own_amount_and_gives_it_back_when_won() -> None:
    assert left(dispute("dp_1", S.OPEN, 30)) == (100, 0)
    assert left(dispute("dp_1", S.OPEN, 30), dispute("dp_1", S.LOST, 30, 1)) == (70, 0)
    assert left(dispute("dp_1", S.LOST, 30, 1), dispute("dp_1", S.WON, 30, 2)) == (100, 0)


def test_a_second_dispute_of_the_same_charge_counts() -> None:
    assert left(dispute("dp_1", S.WON, 100), dispute("dp_2", S.LOST, 100, 5)) == (0, 0)


def test_more_going_back_than_came_is_in_excess() -> None:
    assert left(refund("re_1", S.SUCCEEDED, 100), dispute("dp_1", S.LOST, 100, 5)) == (0, 100)


def test_a_bounced_partner_refund_is_reported_by_a_lower_total_or_as_reinstated() -> None:
    def partner(kind: ReversalKind, amount: int, when: int, order: int = 0) -> ReversalFact:
        return ReversalFact(kind, "their-1", S.TOLD, amount, at(when), None, order)

    down = [partner(ReversalKind.PARTNER_TOTAL, 20, 0, 1), partner(ReversalKind.PARTNER_TOTAL, 0, 0, 2)]
    assert left(*down) == (100, 0)
    assert left(down[0], partner(ReversalKind.PARTNER_REINSTATED, 20, 5)) == (100, 0)
    assert left(partner(ReversalKind.PARTNER_TOTAL, 30, 9), *down) == (70, 0)


@dataclass
class Provider:
    """A provider's own account of one charge: every act changes its balance and sends messages."""

    amount: int
    balance: int
    now: int = 0
    refunds: dict[str, int] = field(default_factory=dict)
    standing: dict[str, ReversalState] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    messages: list[ReversalFact] = field(default_factory=list)

    def refund(self, amount: int, state: ReversalState, named: bool) -> None:
        self.now += 1
        name = f"re_{len(self.made)}"
        self.refunds[name], self.standing[name], self.made[name] = amount, state, self.now
        self.balance -= amount
        if named:
            self.messages.append(refund(name, state, amount, self.now, self.now))
        self._tell_total()

    def end(self, name: str, state: ReversalState) -> None:
        """A refund arrives or fails; from then on it has a name."""
        self.now += 1
        if self.standing[name] is S.FAILED:
            return
        self.standing[name] = state
        amount = self.refunds[name]
        self.messages.append(refund(name, state, amount, self.now, self.made[name]))
        if state is S.FAILED:
            self.balance += amount

    def dispute(self, name: str, state: ReversalState, amount: int) -> None:
        self.now += 1
        was = self.standing.get(name)
        if was is not None and RANK[was] >= RANK[state]:
            return
        amount = self.refunds.setdefault(name, amount)
        self.standing[name] = state
        self.messages.append(dispute(name, state, amount, self.now))
        if state is S.LOST:
            self.balance -= amount
        if state is S.WON and was is S.LOST:
            self.balance += amount

    def _tell_total(self) -> None:
        counted = sum(self.refunds[name] for name in self.made if self.standing[name] is not S.FAILED)
        self.messages.append(total(counted, self.now))


acts = st.lists(
    st.one_of(
        st.tuples(st.just("refund"), st.integers(1, 60), st.sampled_from([S.PENDING, S.SUCCEEDED]), st.booleans()),
        st.tuples(st.just("end"), st.integers(0, 3), st.sampled_from([S.SUCCEEDED, S.FAILED])),
        st.tuples(
            st.just("dispute"),
            st.sampled_from(["dp_1", "dp_2"]),
            st.sampled_from([S.WARNING, S.OPEN, S.LOST, S.WON]),
            st.integers(1, 100),
        ),
    ),
    max_size=10,
)


def walked(steps: Sequence[tuple]) -> Provider:
    provider = Provider(100, 100)
    for step in steps:
        refunds = list(provider.made)
        match step:
            case ("refund", amount, state, named):
                provider.refund(amount, state, named)
            case ("end", index, state) if index < len(refunds):
                provider.end(refunds[index], state)
            case ("dispute", name, state, amount):
                provider.dispute(name, state, amount)
    return provider


@given(acts, st.data())
def test_any_order_and_repetition_ends_at_the_providers_balance(steps: list[tuple], data: st.DataObject) -> None:
    provider = walked(steps)
    messages = data.draw(st.permutations(provider.messages)) if provider.messages else []
    again = data.draw(st.lists(st.sampled_from(messages), max_size=4)) if messages else []
    position_read = position(100, [*messages, *again])
    assert position_read.kept_minor - position_read.excess_minor == provider.balance
    assert position_read == position(100, provider.messages)
    assert 0 <= position_read.disputed_minor <= position_read.kept_minor <= 100


@given(acts)
def test_kept_and_returned_money_add_up_to_the_payment(steps: list[tuple]) -> None:
    position_read = position(100, walked(steps).messages)
    assert position_read.kept_minor + position_read.returned_minor == 100 + position_read.excess_minor
