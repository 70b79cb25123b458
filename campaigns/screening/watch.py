"""The watch list (重点核实名单): donors, instruments and devices whose match waits for a person from now on.

Nobody on it is refused: a gift is taken as always, and a hit opens a case. An entry counts for what is paid while
it stands, in every campaign; a person makes it and a person lifts it. One with a term ends with it, unlike the
listing of a project: no more cases are opened, nothing else. Kept are keyed hashes, as donations carry them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.donations.contact import Donor, donor_key, require_valid_contact
from campaigns.projects.blacklist import must_lie_ahead
from campaigns.screening.cases import find
from campaigns.screening.decide import must_say
from campaigns.screening.models import WATCHED, Watch
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from kernel.ids import MOST_ID
from kernel.keys import Keys

_KEY = {"donor": "donor_key", "instrument": "instrument", "device": "device_key"}


def watch_case(tx: Tx, case_id: int, kind: str, reason: str, actor: str, until: datetime | None = None) -> Watch:
    """Watch the donor, the instrument or the device of a case; the case itself stays to be decided. What is watched
    already stays as it is.

    Raises NotFound `case_unknown`, Invalid `reason_missing`, `term_invalid` or `watch_invalid`, also when the
    donation has no such thing.
    """
    if kind not in WATCHED:
        raise Invalid("watch_invalid", fields={"kind": "must be one of " + ", ".join(WATCHED)})
    case = find(tx, case_id)
    key = tx.scalar(f"SELECT {_KEY[kind]} FROM donation WHERE id = :id", id=case.donation_id)
    # Without contact or cookie a donation is its own donor: watching it would watch nobody.
    if not key or (kind == "donor" and key.startswith("d:")):
        raise Invalid("watch_invalid", fields={"kind": "is not known of this donation"})
    return _add(tx, kind, key, reason, actor, until, case_id)


def watch_contact(
    tx: Tx, keys: Keys, reason: str, actor: str, *, phone: str = "", email: str = "", until: datetime | None = None
) -> Watch:
    """Watch who gives under a phone number or an e-mail address; of both, the phone counts, as it does for caps.

    Raises Invalid `watch_invalid`, `donor_invalid`, `reason_missing` or `term_invalid`.
    """
    if not phone and not email:
        raise Invalid("watch_invalid", fields={"phone": "or e-mail must be given"})
    donor = Donor(phone=phone or None, email=email or None)
    require_valid_contact(donor)
    return _add(tx, "donor", donor_key(keys, donor, UUID(int=0), None), reason, actor, until, None)


def _add(
    tx: Tx, kind: str, key: str, reason: str, actor: str, until: datetime | None, case_id: int | None
) -> Watch:
    must_say(reason)
    must_lie_ahead(tx, until)
    tx.run(
        """UPDATE watch SET lifted_at = :now, lifted_by = :actor, lift_reason = 'term over'
            WHERE kind = :kind AND key = :key AND lifted_at IS NULL AND until <= :now""",
        kind=kind,
        key=key,
        actor=actor,
        now=tx.now,
    )
    made = tx.scalar(
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
    if made is not None:
        record_audit(tx, actor, "watch.add", f"watch:{made}", kind=kind, case=case_id, reason=reason)
        return _entry(tx, made)
    standing = "SELECT id FROM watch WHERE kind = :kind AND key = :key AND lifted_at IS NULL"
    return _entry(tx, tx.scalar(standing, kind=kind, key=key))


def lift(tx: Tx, watch_id: int, reason: str, actor: str) -> Watch:
    """Watch it no more; open cases stay to be decided.

    Raises NotFound `watch_unknown`, Invalid `reason_missing`, Conflict `watch_ended`.
    """
    must_say(reason)
    entry = _entry(tx, watch_id, lock=True)
    if entry.lifted_at is not None:
        raise Conflict("watch_ended")
    entry.lifted_at, entry.lifted_by, entry.lift_reason = tx.now, actor, reason
    record_audit(tx, actor, "watch.lift", f"watch:{watch_id}", reason=reason)
    return tx.add(entry)


def watched(tx: Tx, page: int = 1, page_size: int = 50) -> tuple[Sequence[Any], int]:
    """One page of all entries and their number, those that stand first, the newest first. The keys are not told."""
    rows = tx.rows(
        """SELECT w.id, w.kind, w.reason, w.actor, w.case_id, w.listed_at, w.until, w.lifted_at, w.lifted_by,
                  w.lift_reason, e.slug AS campaign,
                  w.lifted_at IS NULL AND (w.until IS NULL OR w.until > :now) AS standing
             FROM watch w LEFT JOIN screening_case c ON c.id = w.case_id
             LEFT JOIN campaign e ON e.id = c.campaign_id
            ORDER BY standing DESC, w.id DESC LIMIT :size OFFSET :skip""",
        now=tx.now,
        size=page_size,
        skip=(page - 1) * page_size,
    )
    return rows, int(tx.scalar("SELECT count(*) FROM watch"))


def view(tx: Tx, watch_id: int) -> dict[str, Any]:
    """One entry as `watched` shows it. Raises NotFound `watch_unknown`."""
    entry = _entry(tx, watch_id)
    told = {name: getattr(entry, name) for name in type(entry).model_fields if name != "key"}
    return told | {"standing": entry.lifted_at is None and (entry.until is None or entry.until > tx.now)}


def _entry(tx: Tx, watch_id: int, *, lock: bool = False) -> Watch:
    found = tx.get(Watch, watch_id, lock=lock) if 0 < watch_id <= MOST_ID else None
    if found is None:
        raise NotFound("watch_unknown")
    return found
