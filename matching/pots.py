"""Create pots from the money of a fund, and change their money and rules.

The caller has locked the campaign's row exclusively and raises its `matching_version` in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import MAX_MINOR, amount_fault
from ledger.chart import fund, pot_free
from ledger.kinds import TransferKind
from ledger.post import Transfer, account_ids, lock_free, post
from matching.kinds import PotKind, PotMode
from matching.models import Pot, PotFunding, PotPause, PotRules, TrancheMove
from matching.pot_state import PotState, load_pot_states
from matching.reveal import commit_seed
from matching.rules import Rules, for_kind
from matching.tranches import TrancheHistory, tranches

MOST_RANK = 1_000


class Tranche(NamedTuple):
    """Part of a pot's money, in fen, that is available from `opens_at` on."""

    opens_at: datetime
    amount_minor: int


class NewPot(NamedTuple):
    """A pot to create; the sum of its tranches is taken from the fund."""

    campaign_id: int
    fund_id: int
    name: str
    rank: int
    kind: str
    mode: str
    rules: Rules
    tranches: Sequence[Tranche]
    currency: str


def create(tx: Tx, new: NewPot) -> int:
    """Create a pot and fill it from its fund; return its id.

    Raises Invalid `pot_invalid` for senseless input and `rules_invalid` for rules of another kind of pot, and
    Conflict `books_short` when the fund holds less.
    """
    faults = _faults(new)
    if faults:
        raise Invalid("pot_invalid", fields=faults)
    rules = for_kind(new.kind, new.rules)
    pot = tx.add(
        Pot(
            campaign_id=new.campaign_id,
            fund_id=new.fund_id,
            name=new.name,
            rank=new.rank,
            kind=new.kind,
            mode=new.mode,
            currency=new.currency,
            created_at=tx.now,
        )
    )
    assert pot.id is not None
    _store_rules(tx, pot.id, 1, tx.now, rules)
    if new.kind == "random":
        commit_seed(tx, pot.id)
    for tranche in new.tranches:
        tx.add(PotFunding.received(pot.id, tranche.amount_minor, "tranche", tranche.opens_at, tx.now))
    total = sum(tranche.amount_minor for tranche in new.tranches)
    if total:
        _from_fund(tx, new.fund_id, pot.id, total, f"pot:{pot.id}:funded")
    else:
        account_ids(tx, [pot_free(pot.id)])
    return pot.id


def _faults(new: NewPot) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if not new.name.strip():
        faults["name"] = fault("required")
    if new.kind not in tuple(PotKind):
        faults["kind"] = fault("not_one_of", options=list(PotKind))
    if new.mode not in tuple(PotMode):
        faults["mode"] = fault("not_one_of", options=list(PotMode))
    elif new.kind == "random" and new.mode != "payment":
        faults["mode"] = fault("random_needs_payment")
    if not 1 <= new.rank <= MOST_RANK:
        faults["rank"] = fault("out_of_range", least=1, most=MOST_RANK)
    if any(not 1 <= tranche.amount_minor <= MAX_MINOR for tranche in new.tranches):
        faults["tranches"] = fault("tranche_not_positive")
    opens = [tranche.opens_at for tranche in new.tranches]
    if len(set(opens)) != len(opens):
        faults["tranches"] = fault("tranches_at_same_time")
    return faults


def add_rules(tx: Tx, pot_id: int, rules: Rules, valid_from: datetime | None) -> int:
    """Add a version of a pot's rules, in force from a given time on (default: now); return its number.

    Raises Invalid `rules_in_the_past`, because what was promised under the old rules stays promised, and
    `rules_invalid` for rules of another kind of pot.
    """
    rules = for_kind(str(tx.scalar("SELECT kind FROM pot WHERE id = :pot", pot=pot_id)), rules)
    start = valid_from or tx.now
    if start < tx.now:
        raise Invalid("rules_in_the_past", fields={"valid_from": fault("rules_before_now")})
    number = int(tx.scalar("SELECT max(version) FROM pot_rules WHERE pot_id = :pot", pot=pot_id)) + 1
    _store_rules(tx, pot_id, number, start, rules)
    return number


def top_up(tx: Tx, pot: PotState, amount_minor: int) -> None:
    """Add money from the pot's fund, available at once. Raises Conflict `books_short`."""
    _positive(amount_minor)
    row = tx.add(PotFunding.received(pot.pot_id, amount_minor, "top_up", tx.now, tx.now))
    lock_free(tx, [pot.pot_id])
    _from_fund(tx, pot.fund_id, pot.pot_id, amount_minor, f"pot:{pot.pot_id}:topup:{row.id}")


def reduce(tx: Tx, pot: PotState, amount_minor: int, *, reason: str = "reduction") -> None:
    """Return free money of a pot to its fund. Raises Conflict `pot_short` if less is free."""
    _positive(amount_minor)
    free = lock_free(tx, [pot.pot_id])[pot.pot_id]
    available = free - pot.closed_minor(tx.now)
    if amount_minor > (free if reason == "returned" else available):
        raise Conflict("pot_short", available_minor=available)
    row = tx.add(PotFunding.returned(pot.pot_id, amount_minor, reason, tx.now))
    key = f"pot:{pot.pot_id}:{reason}:{row.id}"
    kind = TransferKind.POT_RETURNED if reason == "returned" else TransferKind.POT_REDUCED
    post(tx, [Transfer(key, pot_free(pot.pot_id), fund(pot.fund_id), amount_minor, kind)])


def pause(tx: Tx, pot: PotState, *, paused: bool) -> bool:
    """Pause or resume a pot from this place in the order of decisions on; return whether that changes anything.

    A paused pot gives no new match. Its reservations are still captured and released.
    """
    if paused == (pot.paused_at is not None):
        return False
    tx.add(PotPause(pot_id=pot.pot_id, paused=paused, at=tx.now))
    return True


def move_tranche(tx: Tx, pot: PotState, tranche_id: int, opens_at: datetime | None) -> TrancheHistory:
    """Change the opening time of a tranche that has not opened (default: now), from this place in the order of
    decisions on. Return the tranche as it was.

    Raises NotFound `tranche_unknown`, Conflict `tranche_open`, Invalid `tranche_in_the_past`.
    """
    parts = tranches(tx, pot.campaign_id).get(pot.pot_id, [])
    tranche = next((part for part in parts if part.id == tranche_id), None)
    if tranche is None:
        raise NotFound("tranche_unknown")
    if tranche.opens_at <= tx.now:
        raise Conflict("tranche_open", opens_at=tranche.opens_at)
    to = opens_at or tx.now
    if to < tx.now:
        raise Invalid("tranche_in_the_past", fields={"opens_at": fault("in_the_past")})
    if to != tranche.opens_at:
        tx.add(TrancheMove(tranche_id=tranche_id, opens_at=to, at=tx.now))
    return tranche


def withdraw_tranche(tx: Tx, pot: PotState, tranche_id: int) -> TrancheHistory:
    """Return the money of a tranche that has not opened to the pot's fund. Raises as `move_tranche`.

    In the order of decisions the tranche opens and is withdrawn at once, so no decision can see its money.
    """
    tranche = move_tranche(tx, pot, tranche_id, None)
    lock_free(tx, [pot.pot_id])
    row = PotFunding.returned(pot.pot_id, tranche.amount_minor, "withdrawn", tx.now)
    row.tranche_id = tranche_id
    tx.add(row)
    key = f"pot:{pot.pot_id}:withdrawn:{row.id}"
    kind = TransferKind.POT_REDUCED
    post(tx, [Transfer(key, pot_free(pot.pot_id), fund(pot.fund_id), tranche.amount_minor, kind)])
    return tranche


def find(tx: Tx, pot_id: int) -> PotState:
    """Return a pot. Raises NotFound `pot_unknown`."""
    pot = tx.get(Pot, pot_id)
    if pot is None:
        raise NotFound("pot_unknown")
    return next(state for state in load_pot_states(tx, [pot.campaign_id]) if state.pot_id == pot_id)


def _positive(amount_minor: int) -> None:
    if refused := amount_fault(amount_minor):
        raise Invalid("amount_invalid", fields={"amount_minor": refused})


def _from_fund(tx: Tx, fund_id: int, pot_id: int, amount_minor: int, key: str) -> None:
    post(tx, [Transfer(key, fund(fund_id), pot_free(pot_id), amount_minor, TransferKind.POT_FUNDED)])


def _store_rules(tx: Tx, pot_id: int, version: int, valid_from: datetime, rules: Rules) -> None:
    tx.add(
        PotRules(pot_id=pot_id, version=version, valid_from=valid_from, rules=rules.as_json(), created_at=tx.now)
    )
