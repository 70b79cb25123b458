"""What managers read with a million donations: every page of the console, and the export of all rows.

The rows are written directly into the tables, because creating a million donations through the use cases takes an
hour. The books do not have them; only reading donations is measured. The network has 3,454 nodes, the campaign 300
projects.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median
from typing import NamedTuple

from app.demo.seed import seed
from bench import day, rush
from bench.house import House, Served
from bench.pages import sign_in
from bench.plans import addresses
from bench.result import Result
from campaigns.analytics.kept import count_due
from campaigns.dependencies import Dependencies
from campaigns.lifecycle.entries import add_entries
from campaigns.projects import drafts, transitions
from campaigns.projects.drafts import NewProject
from kernel.db import Tx

FULL, USUAL = 1_000_000, 100_000  # the full size only when it is asked for by name
PROJECTS = 300
TARGET_MS = 300.0
REQUESTS = 20
# Searches of managers, besides the pages as they open.
SEARCHES = (
    "/console/donations?state=paid",
    "/console/donations?state=unpaid",
    "/console/donations?campaign=hot&order=largest",
    "/console/donations?campaign=hot&pot={pot_id}",
    "/console/donations?node=4103",
    "/console/donations?amount=66.6",
    "/console/donations?id={donation}",
    "/console/donations?reference=pi_bench_500",
    "/console/donations?channel=web&since=2026-01-01",
    "/console/projects?q=%E6%9D%91",
)
_GIFTS = """
    INSERT INTO donation (id, campaign_id, project_id, amount_minor, currency, status, channel, message,
                          publish_name, accept_unmatched, source_code, team, donor_key, request_hash,
                          pledged_at, provider, payment_reference, paid_at)
    SELECT CAST('f' || substr(CAST(gen_random_uuid() AS text), 2) AS uuid), :campaign,
           (CAST(:projects AS bigint[]))[1 + n % :many],
           100 * (1 + (n * 7919) % 2000) + 60 * (n % 2), 'CNY',
           CASE WHEN n % 50 = 0 THEN 'expired' WHEN n % 97 = 0 THEN 'failed' WHEN n % 211 = 0 THEN 'refunded'
                WHEN n % 3 = 0 THEN 'paid' ELSE 'settled' END,
           'web', '', false, false, '', CASE WHEN n % 10 = 0 THEN 'team ' || n % 40 ELSE '' END,
           'k' || (n * 31) % 400000, '',
           now() - interval '9 hours' * n / :count, 'stripe', 'pi_bench_' || n,
           CASE WHEN n % 50 = 0 OR n % 97 = 0 THEN NULL ELSE now() - interval '9 hours' * n / :count END
      FROM generate_series(CAST(1 AS bigint), :count) AS n"""
_MATCH = """
    INSERT INTO reservation (decision_id, donation_id, pot_id, rules_id, project_id, amount_minor, returned_minor,
                             state, donor_key, day, created_at, ended_at)
    SELECT 1, d.id, :pot, 1, d.project_id, d.amount_minor, 0, 'captured', d.donor_key, current_date, d.pledged_at,
           d.pledged_at
      FROM donation d WHERE d.campaign_id = :campaign AND d.status IN ('paid', 'settled')"""


class Timing(NamedTuple):
    """How long a page took, in ms. `cold` means without statistics."""

    address: str
    cold: bool
    p95: float
    median: float


def run(house: House) -> list[Result]:
    """Request every page with and without statistics, then export all donations to a file."""
    count = FULL if house.alone else USUAL
    url = house.database()
    deps = house.deps(url)
    try:
        day.pledge(deps, 50)  # complete ones, so that their pages can be shown: they come before the others
        fill(deps, count)
        count_due(deps)  # the job of every site
        timings = []
        for make, cold in ((rush.analyse, False), (rush.forget_statistics, True)):
            make(url)
            with _signed_in(house, deps, url) as (served, cookie):
                paths = [*addresses(house, deps, url), *_searches(deps)]
                timings += [_timed(served, cookie, address, cold) for address in paths]
        rush.analyse(url)
        with _signed_in(house, deps, url) as (served, cookie):
            export = _export(served, cookie, count)
    finally:
        deps.db.close()
    return [_slowest(timings, count), export]


def fill(deps: Dependencies, count: int) -> None:
    """Write projects and donations into the measured campaign."""
    with deps.db.transaction() as tx:
        tx.run("SET LOCAL statement_timeout = 0")
        campaign = tx.scalar("SELECT id FROM campaign WHERE slug = :slug", slug=day.SLUG)
        pot = tx.scalar("SELECT max(id) FROM pot WHERE campaign_id = :campaign", campaign=campaign)
        projects = _projects(tx)
        # Skip triggers and foreign keys, because all rows refer to existing ones.
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run(_GIFTS, campaign=campaign, projects=projects, many=len(projects), count=count)
        tx.run(_MATCH, campaign=campaign, pot=pot)
        paid = tx.scalar("SELECT count(*) FROM reservation WHERE pot_id = :pot", pot=pot)
        tx.run(
            "UPDATE campaign_tally SET donations = :paid WHERE campaign_id = :campaign",
            paid=paid,
            campaign=campaign,
        )


def _projects(tx: Tx) -> list[int]:
    """File village projects until the campaign has enough of them, and return the ids of all."""
    own = day.demo_projects(tx)
    villages = tx.rows(
        """SELECT code, name FROM organisation o WHERE level = 'village'
              AND NOT EXISTS (SELECT FROM project WHERE organisation_code = o.code) ORDER BY code LIMIT :most""",
        most=PROJECTS - len(own),
    )
    for code, name in villages:
        project = drafts.create(tx, NewProject(code, f"{name}助餐", "micro", "午餐", 30_000_00), day.ACTOR)
        assert project.id is not None
        transitions.submit(tx, project.id, day.ACTOR)
        transitions.approve(tx, project.id, f"{day.ACTOR} reviewer")
        own.append(project.id)
    add_entries(tx, day.SLUG, own, day.ACTOR)
    return own


@contextmanager
def _signed_in(house: House, deps: Dependencies, url: str) -> Iterator[tuple[Served, str]]:
    seeded = seed(deps)
    with house.serve(url, "wsgi:app") as served:
        yield served, sign_in(served.port, seeded.login, seeded.password)


def _searches(deps: Dependencies) -> list[str]:
    with deps.db.transaction() as tx:
        donation = str(tx.scalar("SELECT id FROM donation WHERE payment_reference = 'pi_bench_777'"))[:8]
        pot = tx.scalar("SELECT max(id) FROM pot")
    return [address.format(donation=donation, pot_id=pot) for address in SEARCHES]


def _timed(served: Served, cookie: str, address: str, cold: bool) -> Timing:
    return timing_of(address, cold, [_ask(served, cookie, address)[0] for _ in range(REQUESTS + 1)])


def timing_of(address: str, cold: bool, times: Sequence[float]) -> Timing:
    """Return the timing of a page from its response times in the order of the requests. The first request does not
    count: it fills the caches."""
    took = sorted(times[1:])
    return Timing(address, cold, took[int(0.95 * len(took)) - 1], median(took))


def _ask(served: Served, cookie: str, address: str) -> tuple[float, int]:
    """Return the time of a response in milliseconds and its size in bytes. Raises Broken."""
    connection = HTTPConnection("127.0.0.1", served.port, timeout=900)
    began = time.perf_counter()
    connection.request("GET", address, headers={"Cookie": cookie})
    response = connection.getresponse()
    size = 0
    while piece := response.read(1 << 20):
        size += len(piece)
    took = 1000 * (time.perf_counter() - began)
    connection.close()
    if response.status not in (200, 303):
        raise day.Broken(f"{address} answered {response.status}")
    return took, size


def _slowest(timings: Sequence[Timing], count: int) -> Result:
    slowest = sorted(timings, key=lambda timing: -timing.p95)
    named = ", ".join(
        f"{timing.address} {timing.p95:.0f}{' without statistics' if timing.cold else ''}" for timing in slowest[:5]
    )
    note = (
        f"the slowest of {len(timings) // 2} pages, at {count:,} donations, 3,454 nodes, {PROJECTS} projects, "
        f"statistics fresh and absent, one reader; the slowest: {named}; baseline: the median of all pages' medians"
    )
    base = median(timing.median for timing in timings)
    return Result("console_p95", slowest[0].p95, "ms", base, TARGET_MS, "most", note)


def _export(served: Served, cookie: str, count: int) -> Result:
    """Export all donations as a workbook and as CSV. The memory is the growth of the server's peak."""
    before = served.peak_mb
    (book_ms, book), (csv_ms, _csv) = (
        _ask(served, cookie, f"/console/donations.{kind}?campaign={day.SLUG}") for kind in ("xlsx", "csv")
    )
    note = (
        f"a workbook of {count:,} rows and 20 columns, {book / 1e6:.0f} MB; the server's memory grew by "
        f"{served.peak_mb - before:.0f} MB at its peak; baseline: the same as CSV"
    )
    return Result("export_1m", book_ms / 1000, f"s for {count:,} rows", csv_ms / 1000, note=note)
