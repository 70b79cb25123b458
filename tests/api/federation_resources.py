"""What the federation has once, for tests of rights: a partner, its answer to the sums, and the accounting."""

import json
from typing import Any

from campaigns.accounting.book import book
from campaigns.accounting.periods import period_of
from campaigns.audit import record_audit
from campaigns.closing.publication.partner_sums_models import PartnerSums, PartnerSumsAnswer
from campaigns.intake import mapped
from campaigns.lifecycle.campaign import find_campaign
from campaigns.monthly.figures import statement_of
from campaigns.monthly.models import MonthlyStatement, StatementRun
from campaigns.monthly.publish import PUBLISHED
from kernel.clock import local_day
from kernel.db import Tx
from kernel.ids import fingerprint
from kernel.money import CURRENCY
from payments.bills import bill_accounts
from payments.mappings.document import preset
from payments.mappings.mapping_models import BillAccount
from payments.mappings.partner_mappings import NewMapping
from payments.partners import partners
from tests.api.counties import SLUG
from tests.world import ACTOR, World


def things_of_the_federation(world: World) -> dict[str, Any]:
    """Make a partner with its answer to the sums, and the accounting, after the things of our county."""
    return world.do(_partner, world) | {"sums_answer_id": world.do(_sums_answer)} | _voucher(world)


def _partner(tx: Tx, world: World) -> dict[str, Any]:
    """A partner of the federation with a secret, a mapping and an account for its bills."""
    partners.create(tx, world.deps.keys, "platform", "")
    document = json.loads(preset("signed_headers"))
    mapped.set_mapping(tx, world.deps.keys, "platform", NewMapping(document, {}), ACTOR)
    since, now = world.clock.at.date(), world.clock.at
    sealed = world.deps.keys.wrap_text("key", bill_accounts.context_of("platform"))
    account = {"key_id": "", "sealed_key": sealed, "since": since, "changed_at": now, "changed_by": ACTOR}
    tx.add(BillAccount(partner="platform", **account))
    return {"name": "platform", "secret_id": tx.scalar("SELECT max(id) FROM partner_secret")}


def _sums_answer(tx: Tx) -> int:
    """A contradiction of the platform."""
    campaign_id = find_campaign(tx, SLUG).id or 0
    times = {"stated_at": tx.now, "answer_until": tx.now}
    figures = dict.fromkeys(("donations", "raised_minor", "refunded_minor", "matched_minor"), 0)
    body = {"campaign": SLUG, "currency": CURRENCY, **figures, "projects": []}
    sums = tx.add(PartnerSums(campaign_id=campaign_id, partner="platform", sums=body, **times))
    row = PartnerSumsAnswer(
        campaign_id=campaign_id,
        sums_id=sums.id or 0,
        verdict="contradicted",
        text="another sum",
        projects=[],
        answered_at=tx.now,
    )
    return tx.add(row).id or 0


def _voucher(world: World) -> dict[str, Any]:
    """A voucher of the federation, its period, and a month with a statement of our county."""
    today = local_day(world.clock.at)
    book(world.deps, ACTOR, today)
    voucher_id = world.do(lambda tx: tx.scalar("SELECT max(id) FROM voucher"))

    def publish(tx: Tx) -> None:
        document = statement_of(period_of(today), "4101", "栾川县", [], [], [], CURRENCY)
        tx.add(StatementRun(month=period_of(today), after_transfer=0, last_transfer=0, made_at=tx.now))
        tx.flush()
        own = {"organisation_code": "4101", "month": period_of(today), "number": 1}
        tx.add(MonthlyStatement(**own, statement=document, hash=fingerprint(document)))
        hashes = fingerprint([fingerprint(document)])
        record_audit(tx, ACTOR, PUBLISHED, f"month:{period_of(today)}", statements_hash=hashes)

    world.do(publish)
    return {"voucher_id": voucher_id, "period": period_of(today), "month": period_of(today)}
