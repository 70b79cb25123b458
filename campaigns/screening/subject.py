"""A donation as screening loads it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ScreeningSubject:
    """A donation to screen. `instrument` is "" while unknown; `device`, `team` and `source` are "" if there is
    none."""

    id: UUID
    campaign_id: int
    project_id: int
    amount_minor: int
    paid_at: datetime
    donor_key: str
    instrument: str
    device: str
    team: str
    source: str
    staff: bool
