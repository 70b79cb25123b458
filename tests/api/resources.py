"""One resource of each kind that belongs to one county, for tests that try them as a neighbour."""

import json
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from campaigns import pots
from campaigns.accounting.book import book
from campaigns.accounting.periods import period_of
from campaigns.agreements.agreements import NewAgreement
from campaigns.agreements.agreements import enter as enter_agreement
from campaigns.agreements.pledges import pledge
from campaigns.approvals.models import Approval
from campaigns.audit import record_audit
from campaigns.closing.publication.objection_models import Objection
from campaigns.closing.publication.partner_sums_models import PartnerSums, PartnerSumsAnswer
from campaigns.donations.donors.payer import read_payer
from campaigns.donations.questions import ask
from campaigns.donations.receipts.receipt_requests import request_receipt
from campaigns.donations.refunds.refund_requests import request_money_back
from campaigns.funds import deposits, funds
from campaigns.goods import goods
from campaigns.goods.goods import NewGoods
from campaigns.goods.goods import enter as enter_goods
from campaigns.imports.models import ImportRun
from campaigns.intake import mapped
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.sources import add_source
from campaigns.lifecycle.transitions import schedule
from campaigns.monthly.figures import statement_of
from campaigns.monthly.models import MonthlyStatement, StatementRun
from campaigns.monthly.publish import PUBLISHED
from campaigns.network.links import invite
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.sessions import start_session
from campaigns.network.tokens import create_token
from campaigns.payouts.models import PayoutPlan, Remittance, RemittancePart
from campaigns.payouts.payees import NewAccount, propose
from campaigns.projects.picture_file import WIDTHS
from campaigns.projects.pictures import file_name
from campaigns.screening import staff
from campaigns.screening.freeze import hold_project_match
from campaigns.spending.vouchers import Photo, Voucher, enter
from campaigns.teams.teams import NewTeam, found_team
from kernel.clock import local_day
from kernel.db import Tx
from kernel.ids import fingerprint
from kernel.keys import seal
from kernel.money import CURRENCY
from ledger.chart import PAID_OUT
from matching.pots import Tranche
from payments.bills import bill_accounts
from payments.inbox.message_keys import sealing_key
from payments.mappings.document import preset
from payments.mappings.mapping_models import BillAccount
from payments.mappings.partner_mappings import NewMapping
from payments.partners import partners
from tests.web.reader import PASSWORD
from tests.world import ACTOR, World, approved_project, new_campaign

OURS = "4101"
SLUG, MARK = "ours", "只属栾川"


class County(NamedTuple):
    """A county of the network, the slug of its campaign, a mark in all its texts, its village's place in the tree
    and in `world.projects`, and the name of its team if the mark cannot be one."""

    code: str
    slug: str
    mark: str
    lineage: tuple[str, ...]
    project: int
    team: str = ""


COUNTY = County(OURS, SLUG, MARK, ("41", OURS, "410101", "41010101"), 0)
SIBLING = County("4102", "theirs", "只属嵩县", ("41", "4102", "410201", "41020101"), 2)


class Resources(NamedTuple):
    """One thing of each kind that belongs to a county, by the name of its argument in the addresses."""

    arguments: dict[str, Any]


@pytest.fixture
def resources(world: World) -> Resources:
    return Resources(things_of(world, COUNTY) | things_of_the_federation(world))


@pytest.fixture
def foreign(world: World, resources: Resources) -> Resources:
    """The same of the sibling county, but for what the federation has once."""
    return Resources(things_of(world, SIBLING))


def things_of_the_federation(world: World) -> dict[str, Any]:
    """Make a partner with its answer to the sums, and the accounting, after the things of our county."""
    return world.do(_partner, world) | {"sums_answer_id": world.do(_sums_answer)} | _voucher(world)


def things_of(world: World, county: County) -> dict[str, Any]:
    """Make one thing of each kind for a county."""
    project = world.projects[county.project]

    def make(tx: Tx) -> dict[str, Any]:
        fund = funds.create(tx, f"{county.mark}基金", "special", ACTOR, county.code)
        create(
            tx, new_campaign(world.clock.at, slug=county.slug, name=f"{county.mark}活动", host=county.code), ACTOR
        )
        of_county = approved_project(tx, county.code)
        for entry in (project, of_county):
            add_entry(tx, county.slug, entry, ACTOR)
        schedule(tx, county.slug, ACTOR)
        people = staff.add(tx, world.deps.keys, county.code, phone=f"1390000{county.code}", actor=ACTOR)
        return {
            "fund_id": fund,
            "slug": county.slug,
            "code": county.code,
            "staff_id": people[0].id,
            "template_id": of_county,
        }

    made = world.do(make)
    world.do(deposits.deposit, made["fund_id"], 1_000_00, "CNY", f"D-{county.slug}", ACTOR)
    made["deposit_id"] = world.do(deposits.deposit_of, made["fund_id"], f"D-{county.slug}").id
    made["pot_id"] = world.do(_pot, made["fund_id"], county)
    donation = world.give(50_00, county.project, campaign=county.slug, message=county.mark)
    world.pay(donation)
    made |= {"donation_id": donation.id, "project_id": project}
    held = world.do(hold_project_match, county.slug, project, "many equal gifts", ACTOR)
    assert held.cases_opened == 1

    def rows(tx: Tx) -> dict[str, Any]:
        case = tx.scalar("SELECT id FROM screening_case WHERE donation_id = :id", id=donation.id)
        difference = tx.scalar(
            """INSERT INTO discrepancy (campaign_id, provider, cause, reference, donation_id, ours_minor,
                                        theirs_minor, state, reason, actor, found_at)
               SELECT id, 'stripe', 'amount', 'x', :donation, 5000, 4000, 'open', '', '', now()
                 FROM campaign WHERE slug = :slug RETURNING id""",
            donation=donation.id,
            slug=county.slug,
        )
        exception = tx.scalar(
            """INSERT INTO payment_exception (provider, payment_intent, amount_minor, currency, donation_id, reason,
                                              state, note, actor, refund_attempts, occurred_at, found_at)
               VALUES ('stripe', :intent, 5000, 'CNY', :donation, 'second_payment', 'open', '', '', 0, now(), now())
               RETURNING id""",
            donation=donation.id,
            intent=f"pi_{county.slug}",
        )
        message = tx.scalar("SELECT max(inbox_id) FROM inbox_work")
        file = {"file_name": "x.csv", "file_bytes": 1, "file_hash": "x", "actor": ACTOR, "created_at": tx.now}
        run = tx.add(ImportRun(kind="projects", state="ready", branch_code=county.code, **file)).id
        request = {"asked_by": ACTOR, "owner": "manager:0", "asked_at": tx.now, "until": tx.now + timedelta(days=1)}
        about = {"act": "donation.refund", "subject": str(donation.id), "arguments": {}, "reason": county.mark}
        approval = tx.add(Approval(**about, lineage=list(county.lineage), campaign=county.slug, **request)).id
        campaign_id = find_campaign(tx, county.slug).id or 0
        payer = read_payer("person", county.mark, "", "payer@example.org")
        receipt = request_receipt(tx, world.deps.keys, donation.id, payer)
        return {
            "case_id": case,
            "discrepancy_id": difference,
            "exception_id": exception,
            "message_id": message,
            "conflict_id": _conflict(tx, message),
            "request_id": request_money_back(tx, world.deps.keys, donation.id, None, county.mark).id,
            "receipt_id": receipt.id,
            "run_id": run,
            "approval_id": approval,
            **_people(tx, county),
            **_money_out(tx, world, county),
            "words_id": tx.scalar("SELECT max(id) FROM public_words"),
            "source_code": add_source(tx, county.slug, "poster", county.mark, None, ACTOR).code,
            "objection_id": _objection(tx, world, county),
            "team_id": found_team(tx, NewTeam(campaign_id, county.team or county.mark, "friends")).id,
            "question_id": ask(tx, world.deps.keys, donation.id, county.mark).id,
            "watch_id": 1,
            "day": local_day(world.clock.at).isoformat(),
        }

    return made | world.do(rows)


def handed_out(tx: Tx, things: dict[str, Any]) -> dict[str, Any]:
    """Hand out some of a county's goods."""
    goods.confirm(tx, things["goods_id"], "another")
    new = goods.NewHandout(1, "village", local_day(tx.now), "list")
    return {"handout_id": goods.hand_out(tx, things["goods_id"], new, ACTOR).id}


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


def _objection(tx: Tx, world: World, county: County) -> int:
    """An objection; that its campaign is open is of no interest here."""
    key_id, key = sealing_key(tx, world.deps.keys)
    campaign_id = find_campaign(tx, county.slug).id or 0
    sealed = seal(key, b'{"words": "", "contact": ""}', f"objection\x1f{campaign_id}".encode())
    row = Objection(campaign_id=campaign_id, sealed=sealed, sealed_by=key_id, raised_at=tx.now)
    return tx.add(row).id or 0


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


def _conflict(tx: Tx, message: int) -> int:
    conflict: int = tx.scalar(
        """INSERT INTO inbox_conflict (source, event_id, body, body_hash, received_at)
           SELECT source, event_id, body, 'another', received_at FROM inbox_event WHERE id = :id RETURNING id""",
        id=message,
    )
    return conflict


def _pot(tx: Tx, fund: int, county: County) -> int:
    whole = {"ratio_bps": 10_000}
    return pots.create(
        tx,
        campaign=county.slug,
        fund=fund,
        name=f"{county.mark}池",
        rank=1,
        kind="ratio",
        rules=whole,
        tranches=[Tranche(tx.now, 500_00)],
        actor=ACTOR,
    )


def _money_out(tx: Tx, world: World, county: County) -> dict[str, Any]:
    """A payee's account, a plan with its remittance, spending, goods, an agreement."""
    project = world.projects[county.project]
    new = NewAccount(county.mark, "bank", "105493000010", "410012345678")
    payee = propose(tx, world.deps.keys, county.code, new, ACTOR)
    campaign_id = find_campaign(tx, county.slug).id or 0
    plan = tx.add(
        PayoutPlan(campaign_id=campaign_id, state="withdrawn", total_minor=1, made_by=ACTOR, made_at=tx.now)
    )
    remittance = tx.add(
        Remittance(
            plan_id=plan.id or 0,
            organisation_code=county.code,
            end_to_end_id=county.mark,
            amount_minor=1,
            state="withdrawn",
            changed_at=tx.now,
        )
    )
    of_remittance = {"remittance_id": remittance.id or 0, "project_id": project}
    tx.add(RemittancePart(**of_remittance, share=PAID_OUT[0], amount_minor=1))
    voucher = Voucher(50_00, local_day(tx.now), "N-1", county.mark)
    photo = Photo(county.code * 8, "hash")
    world.deps.pictures.write(file_name(photo.file_key, WIDTHS[-1]), b"a photo")
    spending = enter(tx, project, voucher, photo, ACTOR)
    made = {"spending_id": spending.id, "payee_id": payee.id, "plan_id": plan.id, "remittance_id": remittance.id}
    new = NewGoods(county.mark, 2, "箱", 100_00, "invoice", county.mark, county.mark, local_day(tx.now))
    return {**made, **_agreement(tx, county), "goods_id": enter_goods(tx, project, new, ACTOR).id}


def _agreement(tx: Tx, county: County) -> dict[str, Any]:
    """An agreement with a pledge."""
    today = local_day(tx.now)
    agreement_id = (
        enter_agreement(tx, county.code, NewAgreement("donation", "A-1", county.mark, county.mark, today), ACTOR).id
        or 0
    )
    return {"agreement_id": agreement_id, "pledge_id": pledge(tx, agreement_id, today, 100, ACTOR).id}


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


def _people(tx: Tx, county: County) -> dict[str, Any]:
    """An account, a session, a token and an invitation of the county."""
    account = create_manager(tx, county.slug, PASSWORD, "auditor", ACTOR, county.code, county.mark)
    start_session(tx, account)
    create_token(tx, "auditor", county.mark, branch_code=county.code)
    invitation = invite(tx, Caller(ACTOR, "admin"), "auditor", county.code, county.mark)
    return {
        "user_id": account.id,
        "session_id": tx.scalar("SELECT max(id) FROM manager_session"),
        "token_id": tx.scalar("SELECT max(id) FROM api_token"),
        "invitation_id": invitation.id,
    }
