"""The watch list (重点核实名单): donors, instruments and devices whose match is put on hold from now on.

No listed donor is refused: their donations are accepted as usual, and a hit opens a case. In every campaign, an
entry applies to donations paid while it is in force. A reviewer adds it and a reviewer lifts it. After its term no
more cases are opened; unlike for the listing of a project, nothing else happens. Only keyed hashes are stored, as
donations carry them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.donations.donors.contact import Donor, donor_key, require_valid_contact
from campaigns.donations.models import Donation
from campaigns.projects.blacklist import require_future_term
from campaigns.reasons import require_reason
from campaigns.screening.cases import find_case
from campaigns.screening.models import WATCHED, Watch
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.keys import Keys
from kernel.paging import FIRST_PAGE, Page

_KEY: dict[str, Any] = {
    "donor": Donation.donor_key,
    "instrument": Donation.instrument,
    "device": Donation.device_key,
}


def watch_case(tx: Tx, case_id: int, kind: str, reason: str, actor: str, until: datetime | None = None) -> Watch:
    """Watch the donor, the instrument or the device of a case, which remains undecided. Idempotent: an entry in
    force stays unchanged.

    Raises NotFound `case_unknown`, Invalid `reason_missing`, `term_invalid` or `watch_invalid`, also when the
    donation has no such key.
    """
    if kind not in WATCHED:
        raise Invalid("watch_invalid", fields={"kind": fault("not_one_of", options=WATCHED)})
    case = find_case(tx, case_id)
    key: str | None = tx.first(select(_KEY[kind]).where(Donation.id == case.donation_id))
    # A donation without contact and cookie has a donor key of its own, which no other donation would match.
    if not key or (kind == "donor" and key.startswith("d:")):
        raise Invalid("watch_invalid", fields={"kind": fault("nothing_to_watch")})
    return _add(tx, kind, key, reason, actor, until, case_id)


def watch_contact(
    tx: Tx, keys: Keys, reason: str, actor: str, *, phone: str = "", email: str = "", until: datetime | None = None
) -> Watch:
    """Watch the donor with a phone number or an e-mail address. If both are given, the phone counts, as it does for
    caps.

    Raises Invalid `watch_invalid`, `donor_invalid`, `reason_missing` or `term_invalid`.
    """
    if not phone and not email:
        raise Invalid("watch_invalid", fields={"phone": fault("contact_required")})
    donor = Donor(phone=phone or None, email=email or None)
    require_valid_contact(donor)
    return _add(tx, "donor", donor_key(keys, donor, UUID(int=0), None), reason, actor, until, None)


def _add(
    tx: Tx, kind: str, key: str, reason: str, actor: str, until: datetime | None, case_id: int | None
) -> Watch:
    require_reason(reason)
    require_future_term(tx, until)
    unlifted = select(Watch).where(Watch.kind == kind, Watch.key == key, col(Watch.lifted_at).is_(None))
    over = tx.first(unlifted.where(col(Watch.until) <= tx.now).with_for_update())
    if over is not None:
        over.lifted_at, over.lifted_by, over.lift_reason = tx.now, actor, "term over"
        tx.add(over)
    # Two reviewers may add the same entry concurrently; the unique key decides.
    entry_id = tx.scalar(
        """INSERT INTO watch (kind, key, reason, actor, case_id, listed_at, until)
           VALUES (:kind, :key, :reason, :actor, CAST(:case AS bigint), :now, CAST(:until AS timestamptz))
           ON CONFLICT (kind, key) WHERE lifted_at IS NULL DO NOTHING RETURNING id""",
        kind=kind,
        key=key,
        reason=reason,
        actor=actor,
        case=case_id,
        now=tx.now,
        until=until,
    )
    if entry_id is not None:
        record_audit(tx, actor, "watch.add", f"watch:{entry_id}", kind=kind, case=case_id, reason=reason)
        return _entry(tx, entry_id)
    in_force = tx.first(unlifted)
    assert in_force is not None
    return in_force


def lift(tx: Tx, watch_id: int, reason: str, actor: str) -> Watch:
    """Take an entry off the list; its open cases remain undecided.

    Raises NotFound `watch_unknown`, Invalid `reason_missing`, Conflict `watch_ended`.
    """
    require_reason(reason)
    entry = _entry(tx, watch_id, lock=True)
    if entry.lifted_at is not None:
        raise Conflict("watch_ended")
    entry.lifted_at, entry.lifted_by, entry.lift_reason = tx.now, actor, reason
    record_audit(tx, actor, "watch.lift", f"watch:{watch_id}", reason=reason)
    return tx.add(entry)


def watched(tx: Tx, page: Page = FIRST_PAGE) -> tuple[Sequence[Any], int]:
    """Return one page of all entries without their keys, and their total number. Entries in force come first,
    newest first."""
    rows = tx.rows(
        """SELECT w.id, w.kind, w.reason, w.actor, w.case_id, w.listed_at, w.until, w.lifted_at, w.lifted_by,
                  w.lift_reason, e.slug AS campaign,
                  w.lifted_at IS NULL AND (w.until IS NULL OR w.until > :now) AS standing
             FROM watch w LEFT JOIN screening_case c ON c.id = w.case_id
             LEFT JOIN campaign e ON e.id = c.campaign_id
            ORDER BY standing DESC, w.id DESC LIMIT :size OFFSET :skip""",
        now=tx.now,
        size=page.size,
        skip=page.offset,
    )
    return rows, int(tx.scalar("SELECT count(*) FROM watch"))


def view(tx: Tx, watch_id: int) -> dict[str, Any]:
    """Return one entry as `watched` shows it. Raises NotFound `watch_unknown`."""
    entry = _entry(tx, watch_id)
    shown = {name: getattr(entry, name) for name in type(entry).model_fields if name != "key"}
    return shown | {"standing": entry.lifted_at is None and (entry.until is None or entry.until > tx.now)}


def _entry(tx: Tx, watch_id: int, *, lock: bool = False) -> Watch:
    entry = tx.get(Watch, watch_id, lock=lock)
    if entry is None:
        raise NotFound("watch_unknown")
    return entry
