"""The parts of the current application: its settings, its dependencies and its group commits.

No other module reads these entries of `app.extensions`. Inside a request or a command no argument is needed; code
that runs outside (set-up, a metrics collector) passes its application.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import cast

from flask import Flask, current_app, g
from sqlalchemy.exc import SQLAlchemyError

from app.group_commit import Batcher
from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import Created, create_donations
from campaigns.donations.open_payment import Opened, save_opened_payments
from campaigns.donations.view import DonationView
from campaigns.lifecycle.source_clicks import Click, count_clicks
from config import Config
from kernel.db import Tx
from kernel.errors import Refusal
from payments.inbox.inbox import Stored
from payments.inbox.receive import receive_each
from payments.mappings.partner_mappings import Mapped, read_mappings
from payments.messages import Message
from payments.partners.partner_signatures import SigningSecrets, read_secrets

GIVING_CONNECTIONS = 2
INTAKE_CONNECTIONS = 2
MOST_SHARED = 50  # messages per request; a larger batch has its own transaction


def attach(app: Flask, settings: Config, deps: Dependencies) -> None:
    """Attach settings and dependencies to the application, before every other part."""
    app.extensions["settings"] = settings
    app.extensions["deps"] = deps
    # Giving and intake have connections of their own, so that no donation waits for one behind other requests.
    giving = replace(deps, db=deps.db.apart(GIVING_CONNECTIONS, by_key=True))
    app.extensions["create_donations"] = Batcher(partial(create_donations, giving))
    app.extensions["save_opened_payments"] = Batcher(partial(save_opened_payments, giving))
    intake = deps.db.apart(INTAKE_CONNECTIONS, by_key=True)
    app.extensions["store_messages"] = Batcher(partial(receive_each, intake, deps.keys))
    app.extensions["count_clicks"] = Batcher(partial(count_clicks, deps.db))
    app.extensions["read_secrets"] = Batcher(partial(read_secrets, intake, deps.keys))
    app.extensions["read_mappings"] = Batcher(partial(read_mappings, intake, deps.keys))


def settings(app: Flask | None = None) -> Config:
    """Return the settings."""
    return cast(Config, (app or current_app).extensions["settings"])


def deps(app: Flask | None = None) -> Dependencies:
    """Return the dependencies of the use cases."""
    if app is None and (of_request := g.get("shared_deps")):
        return cast(Dependencies, of_request)
    return cast(Dependencies, (app or current_app).extensions["deps"])


@contextmanager
def shared(tx: Tx) -> Iterator[None]:
    """Make all transactions of the current request join this one."""
    g.shared_deps = replace(deps(), db=deps().db.joined(tx))
    try:
        yield
    finally:
        del g.shared_deps


def create_donation(command: CreateDonation) -> Created:
    """Create one donation, in a transaction shared with concurrent callers. Raises the refusals of
    `create_donations`.

    A donation that replaces others has its own transaction and queries the provider first; no other caller waits
    for that.
    """
    if command.replaces:
        result = create_donations(deps(), [command])[0]
        if isinstance(result, Refusal):
            raise result
        return result
    batcher: Batcher[CreateDonation, Created] = current_app.extensions["create_donations"]
    return batcher.submit(command)


def save_opened_payment(opened: Opened) -> DonationView:
    """Store one opened payment, in a transaction shared with concurrent callers."""
    batcher: Batcher[Opened, DonationView] = current_app.extensions["save_opened_payments"]
    return batcher.submit(opened)


def store_messages(messages: Sequence[Message]) -> Stored:
    """Store messages from outside. A few share a transaction with concurrent callers; many have their own.

    Raises as `receive_each`.
    """
    if len(messages) > MOST_SHARED:
        return receive_each(deps().db, deps().keys, [messages])[0]
    batcher: Batcher[Sequence[Message], Stored] = current_app.extensions["store_messages"]
    return batcher.submit(messages)


def signing_secrets(partner: str) -> SigningSecrets:
    """Return the valid signing secrets of a platform, read in a transaction shared with concurrent callers."""
    batcher: Batcher[str, SigningSecrets] = current_app.extensions["read_secrets"]
    return batcher.submit(partner)


def partner_mapping(partner: str) -> Mapped:
    """Return the mapping of a platform's notifications, read in a transaction shared with concurrent callers."""
    batcher: Batcher[str, Mapped] = current_app.extensions["read_mappings"]
    return batcher.submit(partner)


def count_click(click: Click) -> None:
    """Count a click on the link of a source, in a transaction shared with concurrent callers.

    A database error is ignored, so that the visitor is redirected anyway.
    """
    batcher: Batcher[Click, bool] = current_app.extensions["count_clicks"]
    with suppress(SQLAlchemyError):
        batcher.submit(click)
