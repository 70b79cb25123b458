"""Replace unpaid donations with a new one of the same donor. Cancelling them and releasing their match happens in
the transaction that reserves match for the new one, all or nothing.

The provider is called before this transaction (to check whether one is being paid) and again after it (to close the
payments), never within it. A payment that still arrives for a replaced donation is accepted as a late payment.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.donors import contact
from campaigns.donations.facts.load import load_aggregates, refs_of
from campaigns.donations.models import PaymentToClose
from campaigns.donations.states import ABANDONED, REPLACED, WAITING, Status, Transition
from campaigns.donations.transitions import transition
from campaigns.donations.unpaid.expire import BATCH, close_payment, store_lost_messages
from kernel.bulk import insert_rows
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import same
from ledger.chart import pot_free, pot_reserved
from ledger.post import lock_accounts, post
from matching.pot_state import PotState
from matching.release import release
from payments.gateway import ClosedAs, GatewayError
from payments.side_by_side import side_by_side


class PaymentToCheck(NamedTuple):
    """A donation that will be or was replaced, and its payment at the provider."""

    id: UUID
    payment_reference: str | None


def refuse_being_paid(deps: Dependencies, command: CreateDonation) -> None:
    """Ask the provider whether a donation to be replaced is being paid. A provider that does not respond blocks no
    request. Raises NotFound `replaced_unknown` and Conflict `replaced_being_paid`."""
    with deps.db.transaction() as tx:
        if refs_of(tx, [command.id]):
            return  # a repeated request, which replaced its donations before
        _require_own(tx, deps, command)
        paying = tx.rows_as(
            PaymentToCheck,
            """SELECT id, payment_reference FROM donation
                WHERE id = ANY(:ids) AND status = 'paying' AND payment_reference IS NOT NULL""",
            ids=[replaced.id for replaced in command.replaces],
        )
    for donation in paying:
        try:
            state = deps.gateway.state(donation.payment_reference or "")
        except GatewayError:
            continue
        if state in (ClosedAs.PAID, ClosedAs.PROCESSING):
            raise Conflict("replaced_being_paid")


def release_replaced(
    tx: Tx, deps: Dependencies, command: CreateDonation, campaign_id: int, pots: Sequence[PotState]
) -> None:
    """Cancel the donations that a command replaces and release their match to the pots. Donations that already
    ended unpaid are left alone.

    Locks the donations, then every account that this transaction will post to. The release must be in the books
    before the new decision, so that a replay of the decision finds the same match.

    Raises NotFound `replaced_unknown` for a donation of another campaign or another donor, and Conflict
    `replaced_being_paid` for one that is paid.
    """
    refs = _require_own(tx, deps, command, campaign_id)
    donations = load_aggregates(tx, refs).values()
    if any(donation.status not in WAITING | ABANDONED for donation in donations):
        raise Conflict("replaced_being_paid")
    ending = [donation for donation in donations if donation.status in WAITING]
    projects = {command.project, *(donation.project_id for donation in ending)}
    reserved = [pot_reserved(pot.pot_id, project) for pot in pots for project in projects]
    lock_accounts(tx, [*(pot_free(pot.pot_id) for pot in pots), *reserved])
    if not ending:
        return
    ids = sorted(donation.id for donation in ending)
    transition(tx, [Transition(donation.id, donation.status, Status.CANCELLED, REPLACED) for donation in ending])
    insert_rows(tx, PaymentToClose, {"donation_id": ids, "requested_at": tx.now})
    by_id: Mapping[int, PotState] = {pot.pot_id: pot for pot in pots}
    post(tx, release(tx, ids, by_id))


def _require_own(tx: Tx, deps: Dependencies, command: CreateDonation, campaign_id: int | None = None) -> list[Any]:
    """Return the donations to replace. A caller with the token or the browser of a donation may replace it; a typed
    phone number or address proves nothing. Raises NotFound `replaced_unknown`."""
    ids = {replaced.id for replaced in command.replaces}
    refs = [ref for ref in refs_of(tx, ids) if campaign_id in (None, ref.campaign_id)]
    proven = {
        replaced.id for replaced in command.replaces if same(deps.keys.token(str(replaced.id)), replaced.token)
    }
    device = contact.device_key(deps.keys, command.visitor)
    if device is not None and ids - proven:
        proven |= {
            row.id
            for row in tx.rows(
                "SELECT id FROM donation WHERE id = ANY(:ids) AND device_key = :device",
                ids=sorted(ids),
                device=device,
            )
        }
    if len(refs) < len(ids) or ids - proven:
        raise NotFound("replaced_unknown")
    return refs


def close_replaced_payments(deps: Dependencies) -> int:
    """Close the payments of replaced or cancelled donations at the provider and return how many are finished. Safe
    to run concurrently, because closing may be repeated.

    A payment that is being opened has no reference yet. It is waited for as long as a provider may be silent
    (`provider_silence_s`).
    """
    with deps.db.transaction() as tx:
        payments = tx.rows_as(
            PaymentToCheck,
            """SELECT d.id, d.payment_reference FROM payment_to_close c JOIN donation d ON d.id = c.donation_id
                WHERE d.payment_reference IS NOT NULL OR c.requested_at <= :silent_since
                ORDER BY c.requested_at LIMIT :most""",
            silent_since=tx.now - timedelta(seconds=deps.limits.provider_silence_s),
            most=BATCH,
        )
    if not payments:
        return 0
    states = side_by_side(lambda payment: close_payment(deps, payment.payment_reference), payments)
    store_lost_messages(
        deps,
        [
            payment.payment_reference
            for payment, state in zip(payments, states, strict=True)
            if state is ClosedAs.PAID and payment.payment_reference
        ],
    )
    done = [payment.id for payment, state in zip(payments, states, strict=True) if state is not None]
    with deps.db.transaction() as tx:
        return tx.run("DELETE FROM payment_to_close WHERE donation_id = ANY(:ids)", ids=done)
