"""A process that does one stage of a donation's way and is killed (kill -9) right after a named step of it.

`STEPS` are those of giving and paying, `LATER` what can become of a donation afterwards.
"""

import os
import signal
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple
from uuid import UUID

import campaigns.donations.models  # noqa: F401 (cases point to its tables)
from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import Created
from campaigns.screening.signals import Signal
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.keys import Keys
from payments.inbox import inbox
from payments.messages import message
from payments.stripe import StripeGateway

SIGN = (Signal("staff", {"amount_minor": 1}),)

# Step of the way of a donation -> (stage, module, what to die after).
STEPS: dict[str, tuple[str, str, str]] = {
    "2 donation stored": ("give", "campaigns.donations.create", "insert_rows_as"),
    "3 match reserved": ("give", "campaigns.donations.create", "write_matches"),
    "4 books written, not committed": ("give", "campaigns.donations.create", "post"),
    "4 committed": ("give", "campaigns.donations.create", "create_donations"),
    "5 provider asked": ("pay", "payments.stripe", "StripeGateway.open_checkout"),
    "6 reference remembered by one statement": ("pay", "kernel.db", "Database.rows_at_once"),
    "6 committed": ("pay", "campaigns.donations.open_payment", "open_payment"),
    "7 message stored, not committed": ("hear", "payments.inbox.inbox", "store"),
    "7 committed": ("hear", "kernel.db", "Tx.committed"),
    "8 messages claimed": ("settle", "campaigns.intake.process", "claim"),
    "8 donation moved": ("settle", "campaigns.donations.facts.apply", "record_transitions"),
    "8 match captured": ("settle", "campaigns.donations.facts.match_changes", "capture"),
    "8 messages finished": ("settle", "campaigns.intake.process", "finish"),
    "8 books written, not committed": ("settle", "campaigns.intake.process", "post"),
    "8 committed": ("settle", "campaigns.intake.process", "process_inbox"),
}

LATER: dict[str, tuple[str, str, str]] = {
    "lapse: provider asked": ("lapse", "payments.stripe", "StripeGateway.close"),
    "lapse: donation moved": ("lapse", "campaigns.donations.unpaid.expire", "transition"),
    "lapse: match released": ("lapse", "campaigns.donations.unpaid.expire", "release"),
    "lapse: books written, not committed": ("lapse", "campaigns.donations.unpaid.expire", "post"),
    "lapse: committed": ("lapse", "campaigns.donations.unpaid.expire", "expire"),
    "cancel: provider asked": ("cancel", "payments.stripe", "StripeGateway.close"),
    "cancel: match released": ("cancel", "campaigns.donations.unpaid.expire", "release"),
    "cancel: books written, not committed": ("cancel", "campaigns.donations.unpaid.expire", "post"),
    "cancel: committed": ("cancel", "campaigns.donations.unpaid.expire", "cancel"),
    "keep-alive: written, not committed": ("keep-alive", "kernel.db", "Tx.run"),
    "keep-alive: committed": ("keep-alive", "campaigns.donations.unpaid.expire", "keep_alive"),
    "refund: asked, not committed": ("ask", "campaigns.donations.refunds.refund", "request_refund"),
    "refund: asked": ("ask", "kernel.db", "Tx.committed"),
    "refund: provider gave back": ("send", "payments.stripe", "StripeGateway.refund"),
    "refund: answer stored, not committed": ("send", "campaigns.donations.refunds.refund", "store"),
    "refund: answer stored": ("send", "campaigns.donations.refunds.refund", "send_refunds"),
    "refund heard: donation stored": ("settle", "campaigns.donations.facts.apply", "_store"),
    "refund heard: match given back": ("settle", "campaigns.donations.facts.match_changes", "return_surplus"),
    "refund heard: messages finished": ("settle", "campaigns.intake.process", "finish"),
    "refund heard: books written, not committed": ("settle", "campaigns.intake.process", "post"),
    "refund heard: committed": ("settle", "campaigns.intake.process", "process_inbox"),
    "re-offer: reservations written": ("close", "campaigns.closing.reoffer", "write_matches"),
    "re-offer: books written": ("close", "campaigns.closing.reoffer", "post"),
    "redistribute: reservations written": ("close", "campaigns.closing.redistribute", "write_decided_matches"),
    "redistribute: moved away": ("close", "campaigns.closing.redistribute", "return_moved"),
    "redistribute: books written": ("close", "campaigns.closing.redistribute", "post"),
    "closing: phase moved, not committed": ("close", "campaigns.closing.close", "transition"),
    "closing: committed": ("close", "campaigns.closing.close", "_step"),
    "unlock: unlocked, not committed": ("unlock", "campaigns.closing.challenges", "unlock"),
    "unlock: books written, not committed": ("unlock", "campaigns.closing.reoffer", "post"),
    "unlock: committed": ("unlock", "campaigns.closing.challenges", "unlock_challenges"),
    "hold: match held": ("hold", "campaigns.screening.screen", "hold_match"),
    "hold: books written, not committed": ("hold", "campaigns.screening.screen", "post"),
    "hold: committed": ("hold", "kernel.db", "Tx.committed"),
    "decide: match given back": ("decide", "campaigns.screening.decide", "return_surplus"),
    "decide: books written, not committed": ("decide", "campaigns.screening.decide", "post"),
    "decide: committed": ("decide", "kernel.db", "Tx.committed"),
    "top-up: books written, not committed": ("top-up", "matching.pots", "post"),
    "top-up: committed": ("top-up", "kernel.db", "Tx.committed"),
}


def die_after(module: str, path: str) -> None:
    """Replace a function by one that does its work and then kills this process."""
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    work: Callable[..., Any] = getattr(owner, name)

    def work_and_die(*args: Any, **named: Any) -> Any:
        work(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, work_and_die)


class Order(NamedTuple):
    """After which step to die, and what the stage needs."""

    step: str
    database_url: str
    provider: str
    key: str
    now: datetime
    command: CreateDonation
    event: dict[str, Any] | None


def run(order: Order) -> None:
    """Do the stage of the step."""
    stage, module, path = (STEPS | LATER)[order.step]
    db = Database(order.database_url, FixedClock(order.now))
    gateway = StripeGateway(order.key, order.provider, ("card",))
    deps = Dependencies(db, gateway, Keys("test-secret", "test-field-key"), "http://127.0.0.1")
    command = order.command
    die_after(module, path)
    # Looked up again: the function of the stage itself may be the one that dies.
    if stage in ("give", "pay"):
        result = import_module("campaigns.donations.create").create_donations(deps, [command])[0]
        assert isinstance(result, Created)
        import_module("campaigns.donations.open_payment").open_payment(deps, result.donation, "redirect", "zh")
    if stage == "hear":
        event = order.event
        assert event is not None
        with db.transaction() as tx:
            inbox.store(tx, deps.keys, [message("stripe", event["id"], event, compare=False)])
    if stage in _LATER_STAGES:
        _LATER_STAGES[stage](deps, command.id)


def _use_case(module: str, name: str) -> Callable[..., Any]:
    original: Callable[..., Any] = getattr(import_module(module), name)
    return original


def _ask_refund(deps: Dependencies, donation_id: UUID) -> None:
    with deps.db.transaction() as tx:
        _use_case("campaigns.donations.refunds.refund", "request_refund")(
            tx, donation_id, 40_00, "asked by the donor", "manager"
        )


def _hold(deps: Dependencies, donation_id: UUID) -> None:
    with deps.db.transaction() as tx:
        _use_case("campaigns.screening.screen", "open_cases")(tx, {donation_id: SIGN})


def _cancel_case(deps: Dependencies, donation_id: UUID) -> None:
    with deps.db.transaction() as tx:
        case = _use_case("campaigns.screening.cases", "case_id_of_donation")(tx, donation_id)
        _use_case("campaigns.screening.decide", "cancel")(tx, case, "because", "reviewer")


def _top_up(deps: Dependencies, _: UUID) -> None:
    with deps.db.transaction() as tx:
        pot = tx.scalar("SELECT min(id) FROM pot")
        _use_case("campaigns.pots", "top_up")(tx, pot, 50_00, "manager")


_LATER_STAGES: dict[str, Callable[[Dependencies, UUID], Any]] = {
    "settle": lambda deps, _: _use_case("campaigns.intake.process", "process_inbox")(deps),
    "lapse": lambda deps, _: _use_case("campaigns.donations.unpaid.expire", "expire")(deps),
    "cancel": lambda deps, id_: _use_case("campaigns.donations.unpaid.expire", "cancel")(deps, id_),
    "keep-alive": lambda deps, id_: _use_case("campaigns.donations.unpaid.expire", "keep_alive")(deps, id_),
    "ask": _ask_refund,
    "send": lambda deps, _: _use_case("campaigns.donations.refunds.refund", "send_refunds")(deps),
    "close": lambda deps, _: _use_case("campaigns.closing.close", "close")(deps),
    "unlock": lambda deps, _: _use_case("campaigns.closing.challenges", "unlock_challenges")(deps),
    "hold": _hold,
    "decide": _cancel_case,
    "top-up": _top_up,
}
