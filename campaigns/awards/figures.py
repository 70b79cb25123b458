"""The figures behind awards: gifts that count, grouped by who is ranked, in one statement."""

from campaigns.awards.models import AwardAmong
from campaigns.awards.ranking import Figures
from campaigns.donations.states import COUNTED
from campaigns.projects.place_totals import PLACE_OF
from kernel.db import Tx

_CODE = {**PLACE_OF, "project": "p.code", "team": "d.team"}
_TEAM = "JOIN team t ON t.campaign_id = d.campaign_id AND t.name = d.team AND t.state = 'approved'"


def figures(tx: Tx, campaign_id: int, among: str, mark_minor: int | None = None) -> list[Figures]:
    """Return the figures of all who have gifts that count, less refunds. Match on hold is not included.

    `mark_minor` is the sum at which `reached_at` is taken, in the order of payments.
    """
    code = _CODE[among]
    return tx.rows_as(
        Figures,
        f"""WITH gift AS (
                SELECT {code} AS code, p.name AS project_name, p.organisation_code, d.donor_key, d.paid_at, d.id,
                       d.channel = 'offline' AS offline, d.amount_minor - d.refunded_minor AS raised,
                       (SELECT coalesce(sum(r.live_minor), 0) FROM reservation r
                         WHERE r.donation_id = d.id AND r.state = 'captured' AND NOT r.held) AS matched
                  FROM donation d JOIN project p ON p.id = d.project_id
                       {_TEAM if among == AwardAmong.TEAM else ""}
                 WHERE d.campaign_id = :campaign AND d.status = ANY(:counted)
                   AND d.amount_minor > d.refunded_minor AND {code} <> ''),
             course AS (
                SELECT code, paid_at, sum(raised) OVER (PARTITION BY code ORDER BY paid_at, id) AS so_far
                  FROM gift WHERE CAST(:mark AS bigint) IS NOT NULL),
             reached AS (SELECT code, min(paid_at) AS reached_at FROM course WHERE so_far >= :mark GROUP BY code),
             summed AS (
                SELECT code, min(project_name) AS project_name, min(organisation_code) AS node,
                       count(DISTINCT donor_key) AS donors, count(*) AS donations, sum(raised) AS raised,
                       coalesce(sum(raised) FILTER (WHERE offline), 0) AS offline, sum(matched) AS matched,
                       max(paid_at) AS last_at
                  FROM gift GROUP BY code)
            SELECT s.code, {_name(among)} AS name, {_parent(among)} AS parent_name, s.donors, s.donations,
                   CAST(s.raised AS bigint) AS raised_minor, CAST(s.offline AS bigint) AS offline_minor,
                   CAST(s.matched AS bigint) AS matched_minor, s.last_at, r.reached_at
              FROM summed s LEFT JOIN reached r ON r.code = s.code
              LEFT JOIN organisation o ON o.code = {"s.node" if among == AwardAmong.PROJECT else "s.code"}
              LEFT JOIN organisation up ON up.code = o.lineage[2] AND up.code <> o.code
             ORDER BY s.code""",
        campaign=campaign_id,
        counted=sorted(COUNTED),
        mark=mark_minor,
    )


def _name(among: str) -> str:
    names = {AwardAmong.PROJECT: "s.project_name", AwardAmong.TEAM: "s.code"}
    return names.get(AwardAmong(among), "coalesce(o.name, '')")


def _parent(among: str) -> str:
    return "''" if among == AwardAmong.TEAM else "coalesce(up.name, '')"
