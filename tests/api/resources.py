"""One resource of each kind that belongs to one county, for tests that try them as a neighbour."""

from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from campaigns import pots
from campaigns.approvals.models import Approval
from campaigns.closing.publication.objection_models import Objection
from campaigns.donations.donors.payer import read_payer
from campaigns.donations.questions import ask
from campaigns.donations.receipts.receipt_requests import request_receipt
from campaigns.donations.refunds.refund_requests import request_money_back
from campaigns.funds import deposits, funds
from campaigns.imports.models import ImportRun
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.sources import add_source
from campaigns.lifecycle.transitions import schedule
from campaigns.network.links import invite
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.sessions import start_session
from campaigns.network.tokens import create_token
from campaigns.screening import staff
from campaigns.screening.freeze import hold_project_match
from campaigns.teams.teams import NewTeam, found_team
from kernel.clock import local_day
from kernel.db import Tx
from kernel.keys import seal
from matching.pots import Tranche
from payments.inbox.message_keys import sealing_key
from tests.api.counties import COUNTY, MARK, OURS, SIBLING, SLUG, County
from tests.api.federation_resources import things_of_the_federation
from tests.api.money_resources import handed_out, money_out
from tests.projects.approved import approved_project
from tests.web.reader import PASSWORD
from tests.world import ACTOR, World, new_campaign

__all__ = ["COUNTY", "MARK", "OURS", "SIBLING", "SLUG", "handed_out", "things_of_the_federation"]


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


def things_of(world: World, county: County) -> dict[str, Any]:
    """Make one thing of each kind for a county."""
    project = world.projects[county.project]
    made = world.do(_campaign, world, county)
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
            **money_out(tx, world, county),
            "words_id": tx.scalar("SELECT max(id) FROM public_words"),
            "source_code": add_source(tx, county.slug, "poster", county.mark, None, ACTOR).code,
            "objection_id": _objection(tx, world, county),
            "team_id": found_team(tx, NewTeam(campaign_id, county.team or county.mark, "friends")).id,
            "question_id": ask(tx, world.deps.keys, donation.id, county.mark).id,
            "watch_id": 1,
            "day": local_day(world.clock.at).isoformat(),
        }

    return made | world.do(rows)


def _campaign(tx: Tx, world: World, county: County) -> dict[str, Any]:
    """A campaign with its fund, two projects, and a contact of the staff."""
    fund = funds.create(tx, f"{county.mark}基金", "special", ACTOR, county.code)
    create(tx, new_campaign(world.clock.at, slug=county.slug, name=f"{county.mark}活动", host=county.code), ACTOR)
    of_county = approved_project(tx, county.code)
    for entry in (world.projects[county.project], of_county):
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


def _objection(tx: Tx, world: World, county: County) -> int:
    """An objection; that its campaign is open is of no interest here."""
    key_id, key = sealing_key(tx, world.deps.keys)
    campaign_id = find_campaign(tx, county.slug).id or 0
    sealed = seal(key, b'{"words": "", "contact": ""}', f"objection\x1f{campaign_id}".encode())
    row = Objection(campaign_id=campaign_id, sealed=sealed, sealed_by=key_id, raised_at=tx.now)
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
