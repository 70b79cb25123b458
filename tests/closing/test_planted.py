"""A large bill with planted differences of every cause: each is found with its cause, and nothing else."""

import resource
from datetime import timedelta

import pytest

from app.i18n import labels
from campaigns.closing.reconciliation.discrepancies import list_differences
from campaigns.lifecycle.campaign import find_campaign
from kernel.db import Tx
from tests.world import World

PROVIDER = "partner:plat"
# Cause -> what makes it: lines instead of, or beside, the right one of gift n. `at` is inside the event.
PLANTED = {
    "missing_there": "",
    "amount": "('charge', n, 0, amount_minor + 1, at)",
    "duplicate": "('charge', n, 0, amount_minor, at), ('charge', n, 1, amount_minor, at)",
    "refund": "('charge', n, 0, amount_minor, at), ('refund', n, 1, -50, at)",
    "missing_here": "('charge', n, 0, amount_minor, at), ('charge', -n, 2, 77, at)",
    "late": "('charge', n, 0, amount_minor, at), ('charge', -n, 3, 77, :late)",
    "fee": "('charge', n, 0, amount_minor, at), ('fee', -n, 4, -3, at)",
    "dispute": "('charge', n, 0, amount_minor, at), ('dispute', -n, 5, -77, at)",
    "adjustment": "('charge', n, 0, amount_minor, at), ('other', 0, 6, 9, at)",
    "contradiction": "('charge', n, 0, amount_minor, at)",  # sent again with another sum
    "payment_exception": "('charge', n, 0, amount_minor, at), ('charge', n, 7, 5, at)",  # the second is on the desk
    "missing_statement": "",  # of a platform that sent no bill for its only day
}
CAUSES = list(PLANTED)
assert set(CAUSES) == set(labels.CAUSES), "every cause is planted"


def fill(tx: Tx, world: World, gifts: int, planted: int) -> int:
    """Paid gifts of a platform, and its bill; each `gifts / planted`-th has a difference, the causes in turn."""
    campaign = find_campaign(tx, world.slug)
    step = gifts // planted
    tx.run(
        """CREATE TEMPORARY TABLE gift AS
           SELECT n, CAST(md5('gift ' || n) AS uuid) AS id, 100 + n % 9000 AS amount_minor,
                  CASE WHEN n % :step = 0 THEN n / :step % :causes ELSE -1 END AS cause,
                  CAST(:at AS timestamptz) AS at
             FROM generate_series(1, :gifts) AS n""",
        gifts=gifts,
        step=step,
        causes=len(CAUSES),
        at=campaign.opens_at,
    )
    tx.run(
        """INSERT INTO donation (id, campaign_id, project_id, amount_minor, currency, status, channel, source_code,
                                 team, message, donor_key, publish_name, accept_unmatched, request_hash, pledged_at,
                                 provider, payment_reference, paid_at)
           SELECT id, :campaign, :project, amount_minor, 'CNY', 'paid', 'partner', '', '', '', 'donor', false, true,
                  '', at, :provider || CASE cause WHEN :silent THEN '-' || n ELSE '' END, 'g' || n, at FROM gift""",
        campaign=campaign.id,
        project=world.projects[0],
        provider=PROVIDER,
        silent=CAUSES.index("missing_statement"),
    )
    for cause, lines in enumerate(["('charge', n, 0, amount_minor, at)", *PLANTED.values()], -1):
        if lines:
            tx.run(
                f"""INSERT INTO provider_line (provider, kind, line_id, source_id, donation_id, amount_minor,
                                              fee_minor, currency, occurred_at, fetched_at)
                   SELECT :provider, l.kind, concat_ws('-', 'L', g.n, l.nth), CAST(l.gift AS text),
                          CASE WHEN l.gift > 0 THEN g.id
                               WHEN l.gift < 0 THEN CAST(md5('not here ' || g.n) AS uuid) END,
                          l.amount_minor, 0, 'CNY', CAST(l.occurred_at AS timestamptz), now()
                     FROM gift g
                    CROSS JOIN LATERAL (VALUES {lines}) AS l(kind, gift, nth, amount_minor, occurred_at)
                    WHERE g.cause = :cause""",
                provider=PROVIDER,
                cause=cause,
                late=campaign.ends_at + timedelta(microseconds=1),
            )
    plant_beside_lines(tx)
    tx.run("ANALYZE donation, provider_line")
    return campaign.id or 0


def plant_beside_lines(tx: Tx) -> None:
    """Lines that were sent again with another sum, and second payments that wait at their desk."""
    tx.run(
        """INSERT INTO provider_line_conflict (provider, line_id, kind, source_id, amount_minor, fee_minor,
                                               currency, occurred_at, fetched_at, dropped)
           SELECT l.provider, l.line_id, l.kind, l.source_id, l.amount_minor + 1, 0, l.currency, l.occurred_at,
                  now(), false
             FROM gift g JOIN provider_line l ON l.donation_id = g.id WHERE g.cause = :cause""",
        cause=CAUSES.index("contradiction"),
    )
    on_desk = CAUSES.index("payment_exception")
    tx.run(
        """UPDATE provider_line l SET payment_intent = 'desk-' || g.n FROM gift g
            WHERE g.cause = :cause AND l.line_id = concat_ws('-', 'L', g.n, 7)""",
        cause=on_desk,
    )
    tx.run(
        """INSERT INTO payment_exception (provider, payment_intent, amount_minor, currency, donation_id, reason,
                                          state, note, actor, refund_attempts, occurred_at, found_at)
           SELECT :provider, 'desk-' || n, 5, 'CNY', id, 'second_payment', 'open', '', '', 0, at, at
             FROM gift WHERE cause = :cause""",
        provider=PROVIDER,
        cause=on_desk,
    )


@pytest.mark.parametrize(
    ("gifts", "planted"), [(20_000, 900), pytest.param(1_000_000, 1_000, marks=pytest.mark.long)]
)
def test_every_planted_difference_is_found_and_nothing_else(world: World, gifts: int, planted: int) -> None:
    campaign_id = world.do(lambda tx: fill(tx, world, gifts, planted))
    world.do(lambda tx: tx.run("UPDATE campaign SET finishing_s = 0 WHERE id = :id", id=campaign_id))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    world.do(list_differences, campaign_id)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    step = gifts // planted
    expected = {(CAUSES[n // step % len(CAUSES)], n) for n in range(step, gifts + 1, step)}
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT d.cause, d.campaign_id,
                      coalesce(g.n, CAST(split_part(CASE d.cause WHEN 'missing_statement' THEN d.provider
                                                         ELSE d.reference END, '-', 2) AS bigint)) AS n
                 FROM discrepancy d
                 LEFT JOIN (SELECT id, CAST(substr(payment_reference, 2) AS bigint) AS n FROM donation) AS g
                        ON d.reference = CAST(g.id AS text)"""
        )
    )
    listed = [(row.cause, row.n) for row in rows]
    assert len(listed) == len(set(listed)) and {row.campaign_id for row in rows} == {campaign_id}
    assert set(listed) - expected == set()
    assert expected - set(listed) == set()
    assert grown_kib < 30_000, "differences stay in the database"
