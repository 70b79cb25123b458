"""The pots of a campaign at a point in time: rules in force, tranches opened, and the lock that guards them.

A pot's lock is the row of its ledger account `pot_free`: the lock and the balance that it guards are one row.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kernel.db import Tx
from ledger.post import lock_free
from matching.allocate import Offer
from matching.rules import Rules, parse


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """A version of a pot's rules, in force from `valid_from` until the next version."""

    rules_id: int
    number: int
    valid_from: datetime
    rules: Rules
    position: int = 0  # in the order of the books


class Pause(NamedTuple):
    """A pot was paused (or resumed) at a time and a position in the order of the books."""

    position: int
    at: datetime
    paused: bool


@dataclass(frozen=True, slots=True)
class PotState:
    """A pot without its balance: what changes only when a manager changes it, or when a challenge is met."""

    pot_id: int
    campaign_id: int
    fund_id: int
    name: str
    rank: int
    kind: str
    mode: str
    versions: tuple[RulesVersion, ...]
    funding: tuple[tuple[datetime, int], ...]
    seed: bytes | None = None  # of a random pot; never shown before it is revealed
    unlocked_at: datetime | None = None  # of a challenge pot
    pauses: tuple[Pause, ...] = ()

    @property
    def order(self) -> tuple[int, int]:
        """The pot's place in the evaluation order of its campaign: by rank, older pots first."""
        return self.rank, self.pot_id

    @property
    def locked(self) -> bool:
        """Whether the pot's challenge is not met yet."""
        return self.kind == "challenge" and self.unlocked_at is None

    @property
    def paused_at(self) -> datetime | None:
        """The time since which the pot gives no new match; None if it is not paused."""
        return self.pauses[-1].at if self.pauses and self.pauses[-1].paused else None

    def paused_before(self, position: int) -> bool:
        """Return whether the pot was paused for a decision at this position in the order of the books."""
        return next((pause.paused for pause in reversed(self.pauses) if pause.position < position), False)

    def version(self, now: datetime) -> RulesVersion | None:
        """Return the rules in force at `now`; None before the first version is valid."""
        valid = [version for version in self.versions if version.valid_from <= now]
        return valid[-1] if valid else None

    def offer(self, now: datetime) -> Offer | None:
        """Return the pot's offer at `now`; None while it is locked or paused, and before its first rules are
        valid."""
        newest = None if self.locked or self.paused_at else self.version(now)
        if newest is None:
            return None
        return Offer.of(self.pot_id, newest.rules_id, newest.rules, self.rank, self.seed)

    def closed_minor(self, now: datetime) -> int:
        """Return the fen in tranches that have not opened yet."""
        return sum(amount for opens_at, amount in self._unopened(now))

    def _unopened(self, now: datetime) -> list[tuple[datetime, int]]:
        """Return the tranches that have not opened. Returned money counts at once, whatever its time."""
        return [(opens_at, amount) for opens_at, amount in self.funding if opens_at > now and amount > 0]

    def funded_minor(self) -> int:
        """Return the fen that the pot received in total, less what it returned."""
        return sum(amount for _, amount in self.funding)

    def next_tranche_at(self, now: datetime) -> datetime | None:
        """Return when the next tranche opens; None if all are open."""
        return min((opens_at for opens_at, _ in self._unopened(now)), default=None)


def ratios_by_rules(pots: Iterable[PotState]) -> dict[int, int]:
    """Return the ratio of every rules version of these pots: rules id -> basis points."""
    return {version.rules_id: version.rules.ratio_bps for pot in pots for version in pot.versions}


def pot_states(tx: Tx, campaign_id: int, version: int | None = None) -> list[PotState]:
    """Return the pots of a campaign, in the order in which they are evaluated.

    With `version` (the campaign's `matching_version`, read while its row is locked shared) they may come from the
    cache: every change of pots raises the version under the exclusive lock.
    """
    cached: tuple[int, list[PotState]] | None = tx.memory.get(("pots", campaign_id))
    if cached is not None and cached[0] == version:
        return cached[1]
    pots = load_pot_states(tx, [campaign_id])
    if version is not None:
        tx.memory["pots", campaign_id] = (version, pots)
    return pots


def load_pot_states(tx: Tx, campaign_ids: Sequence[int]) -> list[PotState]:
    """Load the pots of campaigns from the database, by rank and age."""
    ids = list(campaign_ids)
    versions, funding, pauses = _rules_by_pot(tx, ids), _funding_by_pot(tx, ids), _pauses_by_pot(tx, ids)
    return [
        PotState(
            pot_id=row.id,
            campaign_id=row.campaign_id,
            fund_id=row.fund_id,
            name=row.name,
            rank=row.rank,
            kind=row.kind,
            mode=row.mode,
            versions=tuple(versions[row.id]),
            funding=tuple(funding[row.id]),
            seed=row.seed,
            unlocked_at=row.unlocked_at,
            pauses=tuple(pauses[row.id]),
        )
        for row in tx.rows(
            """SELECT p.id, p.campaign_id, p.fund_id, p.name, p.rank, p.kind, p.mode, d.seed, u.unlocked_at
                 FROM pot p
                 LEFT JOIN pot_draw d ON d.pot_id = p.id LEFT JOIN pot_unlock u ON u.pot_id = p.id
                WHERE p.campaign_id = ANY(:ids) ORDER BY p.rank, p.id""",
            ids=ids,
        )
    ]


def _rules_by_pot(tx: Tx, campaign_ids: list[int]) -> dict[int, list[RulesVersion]]:
    """Return the versions of rules by pot, in the order in which they come into force."""
    versions: dict[int, list[RulesVersion]] = defaultdict(list)
    for row in tx.rows(
        """SELECT r.id, r.pot_id, r.version, r.valid_from, r.rules, r.position FROM pot_rules r
             JOIN pot p ON p.id = r.pot_id
            WHERE p.campaign_id = ANY(:ids) ORDER BY r.valid_from, r.version""",
        ids=campaign_ids,
    ):
        rules = RulesVersion(row.id, row.version, row.valid_from, parse(row.rules), row.position)
        versions[row.pot_id].append(rules)
    return versions


def _funding_by_pot(tx: Tx, campaign_ids: list[int]) -> dict[int, list[tuple[datetime, int]]]:
    """Return opening times and amounts (fen) by pot, earliest first. The newest move of a tranche counts."""
    funding: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for row in tx.rows(
        """SELECT f.pot_id, coalesce(m.opens_at, f.opens_at) AS opens_at, f.amount_minor FROM pot_funding f
             JOIN pot p ON p.id = f.pot_id
             LEFT JOIN LATERAL (SELECT opens_at FROM tranche_move WHERE tranche_id = f.id
                                 ORDER BY position DESC LIMIT 1) AS m ON true
            WHERE p.campaign_id = ANY(:ids) ORDER BY 2, f.id""",
        ids=campaign_ids,
    ):
        funding[row.pot_id].append((row.opens_at, row.amount_minor))
    return funding


def _pauses_by_pot(tx: Tx, campaign_ids: list[int]) -> dict[int, list[Pause]]:
    """Return the pauses and resumptions by pot, in the order of the books."""
    pauses: dict[int, list[Pause]] = defaultdict(list)
    for row in tx.rows(
        """SELECT s.pot_id, s.position, s.at, s.paused FROM pot_pause s
             JOIN pot p ON p.id = s.pot_id WHERE p.campaign_id = ANY(:ids) ORDER BY s.position""",
        ids=campaign_ids,
    ):
        pauses[row.pot_id].append(Pause(row.position, row.at, row.paused))
    return pauses


def lock_free_accounts(tx: Tx, pots: Iterable[PotState]) -> dict[int, int]:
    """Lock pots in the global lock order; return pot id -> free fen, including closed tranches."""
    ids = {pot.pot_id for pot in pots}
    return lock_free(tx, sorted(ids)) if ids else {}
