"""The thresholds of a campaign. Stored is only what differs from the default of the installation; who changed
what, from which value to which, stands in the audit trail."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.screening.context import SCREENED
from campaigns.screening.thresholds import BOUNDS, Thresholds, as_numbers, check, with_changes
from kernel.db import Tx
from kernel.errors import Conflict

# Once nothing is screened any more, the settings stay as what the cases were judged by.
CHANGEABLE = SCREENED | {Phase.DRAFT}


class Setting(NamedTuple):
    """A threshold as it stands: in its own unit, with what it may be, and who set it if it is not the default."""

    name: str
    value: int
    default: int
    least: int
    most: int
    changed_at: datetime | None
    actor: str


def limits_of(tx: Tx, campaign_ids: Iterable[int], default: Thresholds) -> dict[int, Thresholds]:
    """By which thresholds each of these campaigns is screened now."""
    stored: dict[int, dict[str, int]] = defaultdict(dict)
    wanted = sorted(campaign_ids)
    for row in tx.rows(
        "SELECT campaign_id, name, value FROM screening_setting WHERE campaign_id = ANY(:ids)", ids=wanted
    ):
        stored[row.campaign_id][row.name] = row.value
    return {id_: with_changes(default, stored[id_]) for id_ in wanted}


def settings(tx: Tx, slug: str, default: Thresholds) -> list[Setting]:
    """All thresholds of a campaign. Raises NotFound `campaign_unknown`."""
    campaign = find_campaign(tx, slug)
    stored = {
        row.name: row
        for row in tx.rows(
            "SELECT name, value, changed_at, actor FROM screening_setting WHERE campaign_id = :id", id=campaign.id
        )
    }
    return [
        Setting(name, own.value, usual, *BOUNDS[name], own.changed_at, own.actor)
        if (own := stored.get(name))
        else Setting(name, usual, usual, *BOUNDS[name], None, "")
        for name, usual in as_numbers(default).items()
    ]


def change(tx: Tx, slug: str, given: Mapping[str, int | None], default: Thresholds, actor: str) -> None:
    """Set some thresholds of a campaign; None puts one back to its default. They count from the next look on, and
    for the review after the end. What is so already is no change.

    Raises NotFound `campaign_unknown`, Invalid `screening_invalid` with every wrong field, Conflict
    `campaign_phase` once nothing is screened any more.
    """
    check(given)
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in CHANGEABLE:
        raise Conflict("campaign_phase", phase=campaign.phase)
    assert campaign.id is not None
    usual = as_numbers(default)
    was = as_numbers(limits_of(tx, [campaign.id], default)[campaign.id])
    for name, value in given.items():
        new = usual[name] if value is None else value
        if new != was[name]:
            _store(tx, campaign.id, name, None if new == usual[name] else new, actor)
            record_audit(
                tx, actor, "campaign.screening", f"campaign:{campaign.id}", setting=name, old=was[name], new=new
            )


def reset(tx: Tx, slug: str, default: Thresholds, actor: str) -> None:
    """Put all thresholds of a campaign back to their defaults. Raises as `change`."""
    change(tx, slug, dict.fromkeys(BOUNDS), default, actor)


def _store(tx: Tx, campaign_id: int, name: str, value: int | None, actor: str) -> None:
    """Keep a value that differs from the default; None keeps nothing."""
    if value is None:
        tx.run("DELETE FROM screening_setting WHERE campaign_id = :id AND name = :name", id=campaign_id, name=name)
        return
    tx.run(
        """INSERT INTO screening_setting (campaign_id, name, value, changed_at, actor)
           VALUES (:id, :name, :value, :now, :actor)
           ON CONFLICT (campaign_id, name)
           DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, actor = excluded.actor""",
        id=campaign_id,
        name=name,
        value=value,
        now=tx.now,
        actor=actor,
    )
