"""Fetch the daily bills of platforms and import them as if an operator had uploaded the same files.

A bill that cannot be fetched, or is refused, waits and is tried again. The outcome of each bill is stored.
"""

from datetime import date, datetime, time, timedelta
from hashlib import sha256
from time import monotonic
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.closing.reconciliation.empty_days import record_empty_day
from campaigns.dependencies import Dependencies
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import Imported, ImportRequest, import_file
from kernel.clock import SHANGHAI, local_day
from kernel.db import Tx
from kernel.errors import Invalid, Refusal, fault
from kernel.keys import Keys
from payments.bills import bill_accounts
from payments.bills.bill_accounts import MOST_DAYS_BACK, NewAccount, source_of
from payments.bills.bill_sources import MOST_DETAIL, BillNotFetched, NoBill, fetch_bill, kinds_of
from payments.mappings.mapping_models import BillAccount, BillKind, BillState, FetchedBill, PartnerMapping
from payments.models import Partner, PartnerState
from payments.partners import partners

ACTOR = "job:fetch-bills"
READY_AT = time(10, 10)  # in Shanghai, the next day: WeChat Pay publishes its bills at ten, Alipay at nine
RUN_S = 30.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=10), timedelta(hours=6)  # between two attempts


class DueBill(NamedTuple):
    """A bill to fetch."""

    partner: str
    day: date
    kind: BillKind


class _Came(NamedTuple):
    """The outcome of an attempt."""

    state: BillState
    lines: int = 0
    code: str = ""
    detail: str = ""
    file_hash: str = ""


def set_account(tx: Tx, keys: Keys, name: str, new: NewAccount, actor: str) -> BillAccount:
    """Set the credentials for fetching a platform's bills, and record it. Raises NotFound `partner_unknown`, and as
    `payments.bills.bill_accounts.set_account`."""
    row = bill_accounts.set_account(tx, keys, partners.known(tx, name, lock=True), new, actor)
    record_audit(tx, actor, "partner.bill_account", f"partner:{name}", key_id=row.key_id, since=str(row.since))
    return row


def end_account(tx: Tx, name: str, actor: str) -> None:
    """Stop fetching bills of a platform, and forget the key. Raises NotFound `partner_unknown` and
    `bill_account_unknown`."""
    bill_accounts.end_account(tx, partners.known(tx, name, lock=True))
    record_audit(tx, actor, "partner.bill_account_end", f"partner:{name}")


def bills_of(tx: Tx, name: str) -> list[FetchedBill]:
    """Return the bills of a platform that were recently fetched or tried, newest first."""
    query = select(FetchedBill).where(FetchedBill.partner == name)
    return tx.all(
        query.order_by(col(FetchedBill.day).desc(), col(FetchedBill.kind).desc()).limit(2 * MOST_DAYS_BACK)
    )


def fetch_due(deps: Dependencies) -> int:
    """Fetch due bills, and return how many were imported or are empty. After `RUN_S` seconds the rest is left to
    the next run, because a provider that hangs may take a minute per bill."""
    began = monotonic()
    with deps.db.transaction() as tx:
        due = _due(tx)
    done = 0
    for bill in due:
        done += _fetch(deps, bill) != BillState.WAITS
        if monotonic() - began > RUN_S:
            break
    return done


def ask_for_day(tx: Tx, keys: Keys, name: str, day: date, actor: str) -> list[FetchedBill]:
    """Have the bills of a day fetched, or fetched again, at the next run of the job; return their rows.

    Raises NotFound `partner_unknown`, `bill_account_unknown` and `mapping_unknown`, Invalid `day_invalid`.
    """
    source = source_of(tx, keys, partners.known(tx, name, lock=True).name)
    if not local_day(tx.now) - timedelta(days=MOST_DAYS_BACK) <= day < local_day(tx.now):
        raise Invalid("day_invalid", fields={"day": fault("time_out_of_range")})
    record_audit(tx, actor, "partner.bill_ask", f"partner:{name}", day=day.isoformat())
    rows = [_row(tx, DueBill(name, day, kind)) for kind in kinds_of(source.scheme)]
    for row in rows:
        row.state, row.code, row.detail, row.next_at = BillState.WAITS, "", "", tx.now
    return [tx.add(row) for row in rows]


def _due(tx: Tx) -> list[DueBill]:
    sending = (PartnerState.LIVE, PartnerState.PAUSED)
    accounts = tx.all(
        select(BillAccount, PartnerMapping)
        .join(Partner, col(Partner.name) == col(BillAccount.partner))
        .join(PartnerMapping, col(PartnerMapping.partner) == col(BillAccount.partner))
        .where(col(Partner.state).in_(sending))
        .order_by(col(BillAccount.partner))
    )
    return [
        DueBill(account.partner, day, kind)
        for account, mapping in accounts
        for rows in [{(row.day, row.kind): row for row in bills_of(tx, account.partner)}]
        for day in sorted({*_days(account.since, tx.now), *(asked_for for asked_for, _ in rows)})
        for kind in kinds_of(mapping.document["verify"]["scheme"])
        if _is_due(rows.get((day, kind)), tx.now)
    ]


def _days(since: date, now: datetime) -> list[date]:
    """Return the days from `since` on whose bills are available."""
    clock = now.astimezone(SHANGHAI)
    last = clock.date() - timedelta(days=1 if clock.time() >= READY_AT else 2)
    first = max(since, last - timedelta(days=MOST_DAYS_BACK - 1))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _is_due(row: FetchedBill | None, now: datetime) -> bool:
    return row is None or (row.next_at is not None and row.next_at <= now)


def _fetch(deps: Dependencies, bill: DueBill) -> BillState:
    """Fetch a bill, and book it together with its outcome in one transaction. After a crash before the commit
    nothing is booked; after the commit the bill is not fetched again."""
    try:
        with deps.db.transaction() as tx:
            source, now = source_of(tx, deps.keys, bill.partner), tx.now
        data = fetch_bill(source, bill.day, bill.kind, now)  # outside a transaction
        return _book(deps, bill, data)
    except NoBill:
        return _note_empty(deps, bill)
    except BillNotFetched as error:
        return _note(deps, bill, _Came(BillState.WAITS, code=error.code, detail=error.detail))
    except Refusal as refusal:
        if [part.code for part in refusal.fields.values()] == ["no_rows"]:
            return _note_empty(deps, bill)
        places = [f"{place}: {cause.code}" for place, cause in refusal.fields.items()]
        came = _Came(BillState.WAITS, code=refusal.code, detail="; ".join(places)[:MOST_DETAIL])
        return _note(deps, bill, came)


def _book(deps: Dependencies, bill: DueBill, data: bytes) -> BillState:
    request = ImportRequest("statement", Confirmation(ACTOR), bill.partner)
    file_hash = sha256(data).hexdigest()

    def note(tx: Tx, done: Imported) -> BillState:
        if (
            bill.kind is BillKind.TRADES and not done.plan.new
        ):  # all of its lines are of other apps, or moved no money
            return _keep_empty(tx, bill, file_hash)
        return _keep(tx, bill, _Came(BillState.TAKEN, done.added, file_hash=file_hash))

    import_file(deps, request, data, note=note)
    return BillState.TAKEN


def _note_empty(deps: Dependencies, bill: DueBill) -> BillState:
    """Record that the platform reports no movements."""
    try:
        with deps.db.transaction() as tx:
            return _keep_empty(tx, bill)
    except Refusal as refusal:
        return _note(deps, bill, _Came(BillState.WAITS, code=refusal.code))


def _keep_empty(tx: Tx, bill: DueBill, file_hash: str = "") -> BillState:
    """Keep that a bill has no lines. A bill of trades without lines is recorded for the day."""
    if bill.kind is BillKind.TRADES:
        record_empty_day(tx, bill.partner, bill.day, ACTOR)
    return _keep(tx, bill, _Came(BillState.EMPTY, file_hash=file_hash))


def _note(deps: Dependencies, bill: DueBill, came: _Came) -> BillState:
    with deps.db.transaction() as tx:
        return _keep(tx, bill, came)


def _keep(tx: Tx, bill: DueBill, came: _Came) -> BillState:
    row = _row(tx, bill)
    row.tries, row.tried_at = row.tries + 1, tx.now
    row.state, row.lines, row.code, row.detail, row.file_hash = came
    pause = min(FIRST_PAUSE * 2 ** min(row.tries - 1, 10), LONGEST_PAUSE)
    row.next_at = tx.now + pause if came.state == BillState.WAITS else None
    tx.add(row)
    return came.state


def _row(tx: Tx, bill: DueBill) -> FetchedBill:
    return tx.get(FetchedBill, bill, lock=True) or FetchedBill(
        partner=bill.partner, day=bill.day, kind=bill.kind, state=BillState.WAITS, tries=0, tried_at=tx.now
    )
