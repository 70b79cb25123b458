"""Judge whether a provider's event is for this installation, before its facts reach a donation."""

from collections.abc import Sequence

from campaigns.dependencies import Dependencies
from payments.facts import FactMalformed, PaymentFact
from payments.inbox.inbox import InboxMessage, Outcome


def judge_mode(deps: Dependencies, message: InboxMessage) -> Outcome | None:
    """Return the outcome of an event of a mode that moves no money here, None for one that does.

    Test events are no money. A live event where only a test key is configured is money that belongs elsewhere, so
    an operator looks at it. Raises FactMalformed.
    """
    live = message.body.get("livemode")
    if live is not None and not isinstance(live, bool):
        raise FactMalformed("boolean_expected", "livemode")
    if live is False and not deps.accept_test_mode:
        return Outcome(message.id, "ignored", "test_mode")
    if live is True and not deps.accept_live_mode:
        return Outcome(message.id, "flagged", "live_mode")
    return None


def judge_account(message: InboxMessage, facts: Sequence[PaymentFact]) -> Outcome | None:
    """Return the outcome of facts of another account, None for facts of ours.

    `account` names a connected account: its money is not ours, even if it states an id of ours.
    """
    if not facts or message.body.get("account") is None:
        return None
    ours = any(fact.donation_id is not None for fact in facts)
    return Outcome(message.id, "flagged" if ours else "ignored", "another_account")
