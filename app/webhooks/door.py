"""Queries of partner platforms, signed like their events over an empty body: events, donations, a day, health and
projects. Resources are named by the platform's own ids, and a platform sees only its own."""

from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for

from app.current import deps
from app.http import access
from app.http.problems import plain, problem
from app.webhooks.signed import QUESTIONS, note_refused, question, tell_rate_limit
from campaigns.disclosure.partner_projects import OpenIn, PartnerProject, partner_projects
from campaigns.disclosure.pictures import Picture
from campaigns.intake import door_donations, door_events
from campaigns.intake.check_list import check_list
from campaigns.intake.door_events import DoorEvent
from campaigns.intake.partner_limits import allowance, terms_of
from campaigns.intake.test_mode import stored_tests
from kernel.clock import local_day, parse_time
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault
from kernel.ids import MOST_ID
from kernel.paging import Page
from payments.models import INBOX_STATES
from payments.partners import partner_secrets, partners

blueprint = Blueprint("partner_door", __name__, url_prefix="/webhooks/partners/<name>")

blueprint.after_request(note_refused)
blueprint.after_request(tell_rate_limit)
PROJECTS_PAGE = 100
__all__ = ["QUESTIONS", "blueprint"]


@blueprint.get("/events")
@access.signature
def list_events(name: str) -> Any:
    """List events in order of arrival, optionally by state, by earliest arrival, and after a place."""
    asking = question(name)
    state, since = request.args.get("state"), _time("since")
    after = request.args.get("after", "0")
    if state is not None and state not in INBOX_STATES:
        raise Invalid("parameters_invalid", fields={"state": fault("not_one_of", options=list(INBOX_STATES))})
    if not after.isdecimal() or len(after) > 19 or int(after) > MOST_ID - 1:
        raise Invalid("parameters_invalid", fields={"after": fault("not_whole")})
    with deps().db.transaction() as tx:
        if asking.test:
            events = door_events.list_tests(tx, name, state=state, since=since, after=int(after))
        else:
            events = door_events.list_events(tx, asking.source, state=state, since=since, after=int(after))
    more = len(events) == door_events.MOST_LISTED
    return {"events": [_event(event) for event in events], "next_after": events[-1].place if more else None}


@blueprint.get("/events/<path:event_id>")
@access.signature
def show_event(name: str, event_id: str) -> Any:
    """Return the outcome of an event. 404 `event_unknown`."""
    asking = question(name)
    with deps().db.transaction() as tx:
        if not asking.test:
            return _event(door_events.event_of(tx, asking.source, event_id))
        rows = stored_tests(tx, name, [event_id])
    if not rows:
        raise NotFound("event_unknown")
    return _event(door_events.of_test(rows[0]))


def _event(event: DoorEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "donation_id": event.donation_id,
        "state": event.state,
        "reason": event.reason,
        "received_at": plain(event.received_at),
        "processed_at": plain(event.processed_at),
    }


@blueprint.get("/donations/<path:their_id>")
@access.signature
def show_donation(name: str, their_id: str) -> Any:
    """Return a donation's state, its match, and why. 404 `donation_unknown`."""
    asking = question(name)
    of = door_donations.tested_donation if asking.test else door_donations.donation_of
    try:
        with deps().db.transaction() as tx:
            return plain(of(tx, name, their_id))
    except NotFound as unknown:  # the text of the code is meant for donors, who follow links
        return problem(404, unknown.code, "No payment with this donation_id was received from you.")


@blueprint.get("/summary")
@access.signature
def summarise(name: str) -> Any:
    """Sum up a day in Shanghai: events by arrival, donations by time of payment. Default: today."""
    asking = question(name)
    with deps().db.transaction() as tx:
        day = door_donations.day_of(request.args.get("day", local_day(tx.now).isoformat()))
        since, until = door_donations.span_of(day)
        if asking.test:
            return {"day": day.isoformat(), "test": True, "events": _tests_of_day(tx, name, since, until)}
        events = door_events.count_states(tx, asking.source, since, until)
        conflicting = door_events.count_conflicts(tx, asking.source, since, until)
        sums = door_donations.day_sums(tx, name, day)
    return {
        "day": day.isoformat(),
        "test": False,
        "events": dict.fromkeys(INBOX_STATES, 0) | events | {"conflicting": conflicting},
        **sums._asdict(),
        "currency": "CNY",
    }


def _tests_of_day(tx: Tx, name: str, since: datetime, until: datetime) -> dict[str, int]:
    states = [event.state for event in door_events.tests_between(tx, name, since, until)]
    return {state: states.count(state) for state in INBOX_STATES}


@blueprint.get("/health")
@access.signature
def show_health(name: str) -> Any:
    """Return the platform's health: state, waiting events, limits and their use today, secrets, checklist."""
    asking = question(name)
    with deps().db.transaction() as tx:
        partner = partners.known(tx, name)
        taken = allowance(tx, deps(), terms_of(tx, deps(), [name]))
        booked = partner.state in partner_secrets.BOOKED
        secrets = [row for row in partner_secrets.valid_secrets(tx, name) if row.test or booked]
        used = [row.last_used_at for row in secrets if row.last_used_at and row.test == asking.test]
        return plain(
            {
                "partner": name,
                "state": partner.state,
                "test": asking.test,
                "now": tx.now,
                "last_heard_at": max(used, default=None),
                "events": door_events.count_open(tx, asking.source),
                "conflicting": door_events.count_conflicts(tx, asking.source),
                "limits": taken.limits[name]._asdict() | taken.today(name),
                "secrets": [
                    {"id": row.id, "test": row.test, "last_used_at": row.last_used_at, "ends_at": row.ends_at}
                    for row in secrets
                ],
                "checks": {
                    check.value: passed.passed_at if passed else None
                    for check, passed in check_list(tx, name).items()
                },
            }
        )


@blueprint.get("/projects")
@access.signature
def list_projects(name: str) -> Any:
    """List the projects that the platform may raise money for, with the match left for each now."""
    question(name)
    number = request.args.get("page", "1")
    if not number.isdecimal() or len(number) > 6 or int(number) == 0:
        raise Invalid("parameters_invalid", fields={"page": fault("not_whole")})
    page = Page(int(number), PROJECTS_PAGE)
    with deps().db.transaction() as tx:
        rows, total = partner_projects(tx, partners.known(tx, name), _time("updated_since"), page)
    return {
        "projects": [_project(row) for row in rows],
        "page": page.number,
        "pages": page.count(total),
        "total": total,
    }


def _project(project: PartnerProject) -> dict[str, Any]:
    return {
        "code": project.code,
        "name": project.name,
        "state": project.state,
        "may_raise": project.may_raise,
        "story": project.story,
        "picture": _picture(project.picture),
        "target_minor": project.target_minor,
        "currency": project.currency,
        "updated_at": plain(project.updated_at),
        "campaigns": [_open_in(project, entry) for entry in project.campaigns],
    }


def _open_in(project: PartnerProject, entry: OpenIn) -> dict[str, Any]:
    return {
        "slug": entry.slug,
        "opens_at": plain(entry.opens_at),
        "ends_at": plain(entry.ends_at),
        "page": url_for("web.project", slug=entry.slug, project_id=project.id, _external=True),
        "match_now": plain(entry.match_now._asdict()),
    }


def _picture(picture: Picture | None) -> str | None:
    if picture is None:
        return None
    return url_for("web.photo", file_key=picture.file_key, width=picture.widths[-1], _external=True)


def _time(name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return parse_time(text.replace(" ", "+"))  # an unescaped plus sign
    except (ValueError, OverflowError) as error:
        raise Invalid("parameters_invalid", fields={name: fault("not_a_time")}) from error
