"""A process that does one stage of a donation's way and is killed (kill -9) right after a named step of it."""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any
from uuid import UUID

from campaigns.donations.give import Give, Given
from campaigns.engine import Engine
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.keys import Keys
from payments import inbox
from payments.stripe import StripeGateway

# Step of the way of a donation -> (stage, module, what to die after).
STEPS: dict[str, tuple[str, str, str]] = {
    "2 donation stored": ("give", "campaigns.donations.give", "contact.store"),
    "3 match reserved": ("give", "campaigns.donations.give", "write"),
    "4 books written, not committed": ("give", "campaigns.donations.give", "post"),
    "4 committed": ("give", "campaigns.donations.give", "give"),
    "5 provider asked": ("pay", "payments.stripe", "StripeGateway.open_checkout"),
    "6 reference remembered, not committed": ("pay", "campaigns.donations.pay", "_remember"),
    "6 committed": ("pay", "campaigns.donations.pay", "open_payment"),
    "7 message stored, not committed": ("hear", "payments.inbox", "store"),
    "7 committed": ("hear", "kernel.db", "Tx.committed"),
    "8 messages claimed": ("settle", "campaigns.donations.settle", "claim"),
    "8 donation moved": ("settle", "campaigns.donations.effects", "note"),
    "8 match captured": ("settle", "campaigns.donations.effects", "capture"),
    "8 messages finished": ("settle", "campaigns.donations.settle", "finish"),
    "8 books written, not committed": ("settle", "campaigns.donations.settle", "post"),
    "8 committed": ("settle", "campaigns.donations.settle", "settle"),
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


def run(order: dict[str, Any]) -> None:
    stage, module, path = STEPS[order["step"]]
    db = Database(order["database"], FixedClock(datetime.fromisoformat(order["now"])))
    gateway = StripeGateway(order["key"], order["provider"], ("card",))
    engine = Engine(db, gateway, Keys("test-secret", "test-field-key"), "http://127.0.0.1")
    wish = Give(**(order["wish"] | {"id": UUID(order["wish"]["id"])}))
    die_after(module, path)
    # Looked up again: the function of the stage itself may be the one that dies.
    if stage in ("give", "pay"):
        answer = import_module("campaigns.donations.give").give(engine, [wish])[0]
        assert isinstance(answer, Given)
        import_module("campaigns.donations.pay").open_payment(engine, answer.standing, "redirect", "zh")
    if stage == "hear":
        with db.transaction() as tx:
            event = order["event"]
            inbox.store(tx, [inbox.message("stripe", event["id"], event, compare=False)])
    if stage == "settle":
        import_module("campaigns.donations.settle").settle(engine)


if __name__ == "__main__":
    run(json.load(sys.stdin))
