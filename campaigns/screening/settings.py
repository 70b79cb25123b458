"""The thresholds of a campaign.

Only values that differ from the installation's defaults are stored. The audit trail records who changed what, with
the old and the new value.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import changed, record_audit
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.screening.context import SCREENED
from campaigns.screening.models import ScreeningSetting
from campaigns.screening.thresholds import BOUNDS, Thresholds, as_dict, require_valid_settings, with_overrides
from kernel.db import Tx
from kernel.errors import Conflict

# When screening is over, the settings stay as they were when the cases were judged.
CHANGEABLE = SCREENED | {Phase.DRAFT}


class Setting(NamedTuple):
    """A threshold of a campaign in its own unit, its bounds, and who set it if it is not the default."""

    name: str
    value: int
    default: int
    least: int
    most: int
    changed_at: datetime | None
    actor: str


def load_thresholds(tx: Tx, campaign_ids: Iterable[int], defaults: Thresholds) -> dict[int, Thresholds]:
    """Return the thresholds of campaigns."""
    ids = sorted(campaign_ids)
    overrides: dict[int, dict[str, int]] = defaultdict(dict)
    for setting in tx.all(select(ScreeningSetting).where(col(ScreeningSetting.campaign_id).in_(ids))):
        overrides[setting.campaign_id][setting.name] = setting.value
    return {campaign_id: with_overrides(defaults, overrides[campaign_id]) for campaign_id in ids}


def settings(tx: Tx, slug: str, defaults: Thresholds) -> list[Setting]:
    """Return all thresholds of a campaign. Raises NotFound `campaign_unknown`."""
    campaign = find_campaign(tx, slug)
    stored = tx.all(select(ScreeningSetting).where(ScreeningSetting.campaign_id == campaign.id))
    own = {setting.name: setting for setting in stored}
    return [
        Setting(name, own[name].value, default, *BOUNDS[name], own[name].changed_at, own[name].actor)
        if name in own
        else Setting(name, default, default, *BOUNDS[name], None, "")
        for name, default in as_dict(defaults).items()
    ]


def change(tx: Tx, slug: str, changes: Mapping[str, int | None], defaults: Thresholds, actor: str) -> None:
    """Set thresholds of a campaign; None restores the default.

    They apply from the next run of screening on, and to the review after the end. An unchanged value is not
    recorded as a change. Raises NotFound `campaign_unknown`, Invalid `screening_invalid` with every invalid
    setting, Conflict `campaign_phase` once screening is over.
    """
    require_valid_settings(changes)
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in CHANGEABLE:
        raise Conflict("campaign_phase", phase=campaign.phase)
    assert campaign.id is not None
    default = as_dict(defaults)
    old = as_dict(load_thresholds(tx, [campaign.id], defaults)[campaign.id])
    for name, value in changes.items():
        new = default[name] if value is None else value
        if new == old[name]:
            continue
        _store(tx, campaign.id, name, None if new == default[name] else new, actor)
        record_audit(
            tx, actor, "campaign.screening", f"campaign:{campaign.id}", **changed({name: old[name]}, {name: new})
        )


def reset(tx: Tx, slug: str, defaults: Thresholds, actor: str) -> None:
    """Restore the defaults of all thresholds of a campaign. Raises as `change`."""
    change(tx, slug, dict.fromkeys(BOUNDS), defaults, actor)


def _store(tx: Tx, campaign_id: int, name: str, value: int | None, actor: str) -> None:
    """Store a value that differs from the default; None stores nothing. The campaign is locked."""
    setting = tx.get(ScreeningSetting, (campaign_id, name))
    if value is None:
        if setting is not None:
            tx.session.delete(setting)
            tx.session.flush()
        return
    if setting is None:
        setting = ScreeningSetting(campaign_id=campaign_id, name=name, value=value, changed_at=tx.now, actor=actor)
    setting.value, setting.changed_at, setting.actor = value, tx.now, actor
    tx.add(setting)
