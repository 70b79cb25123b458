"""Recent donors: the newest donations of a campaign or project, with the names and messages that may be published.

A name is shown if its donor agreed and it is either plain or approved by a reviewer. A message is shown only after
approval. All other donations are shown without a name.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, or_, select

from campaigns.donations.donors.contact import read_contact
from campaigns.donations.donors.person_models import PublicWords, WordsState
from campaigns.donations.donors.tribute import Tribute, tribute_of
from campaigns.donations.models import Donation
from campaigns.donations.public_words import is_plain_name
from campaigns.donations.states import COUNTED
from campaigns.donations.view import donation_views
from kernel.db import Tx
from kernel.keys import Keys

# The newest donations of a campaign are among the newest transitions of all. Older ones are not "just now".
_WINDOW = 5_000
MOST_COUNTED = 1_000  # donors of a project are counted up to this number; above it, pages say "more than"


class RecentGift(NamedTuple):
    """A donation as the public may see it; amounts in fen.

    `name` and `message` are "" if they may not be shown. `words_id` identifies them in reports of abuse (None: no
    text is shown that has been stored for review).
    """

    project_id: int
    project_name: str
    amount_minor: int
    matched_minor: int
    paid_at: datetime
    name: str = ""
    message: str = ""
    tribute: Tribute | None = None
    words_id: int | None = None


def recent_gifts(tx: Tx, keys: Keys, campaign_id: int, most: int) -> list[RecentGift]:
    """Return the newest donations of a campaign, newest first."""
    rows = tx.rows(
        """SELECT d.id
             FROM (SELECT id, donation_id, to_status FROM donation_history ORDER BY id DESC LIMIT :window) h
             JOIN donation d ON d.id = h.donation_id
            WHERE h.to_status = 'paid' AND d.campaign_id = :campaign AND d.status = ANY(:counted)
            ORDER BY h.id DESC LIMIT :most""",
        window=_WINDOW,
        campaign=campaign_id,
        counted=sorted(COUNTED),
        most=most,
    )
    gifts = _gifts(tx, keys, list(dict.fromkeys(row.id for row in rows)))
    return sorted(gifts, key=lambda gift: gift.paid_at, reverse=True)  # messages of payments may arrive late


def recent_gifts_of_projects(
    tx: Tx, keys: Keys, campaign_id: int, project_ids: Sequence[int], most: int
) -> dict[int, list[RecentGift]]:
    """Return the newest donations of each of these projects in a campaign, newest first."""
    rows = tx.rows(
        """SELECT d.id FROM unnest(CAST(:projects AS bigint[])) AS u(project_id) CROSS JOIN LATERAL (
                  SELECT id FROM donation
                   WHERE campaign_id = :campaign AND project_id = u.project_id AND paid_at IS NOT NULL
                     AND status = ANY(:counted)
                   ORDER BY paid_at DESC LIMIT :most) AS d""",
        campaign=campaign_id,
        projects=list(project_ids),
        counted=sorted(COUNTED),
        most=most,
    )
    gifts: dict[int, list[RecentGift]] = {id_: [] for id_ in project_ids}
    for gift in _gifts(tx, keys, [row.id for row in rows]):
        gifts[gift.project_id].append(gift)
    return gifts


def recent_gifts_of_team(tx: Tx, keys: Keys, campaign_id: int, team: str, most: int) -> list[RecentGift]:
    """Return the newest donations of a team, newest first."""
    rows = tx.rows(
        """SELECT id FROM donation
            WHERE campaign_id = :campaign AND team = :team AND team <> '' AND paid_at IS NOT NULL
              AND status = ANY(:counted)
            ORDER BY paid_at DESC LIMIT :most""",
        campaign=campaign_id,
        team=team,
        counted=sorted(COUNTED),
        most=most,
    )
    return _gifts(tx, keys, [row.id for row in rows])


def donors_of_projects(tx: Tx, campaign_id: int, project_ids: Sequence[int]) -> dict[int, int]:
    """Return project id -> number of donors in a campaign, counted over its newest `MOST_COUNTED` donations."""
    rows = tx.rows(
        """SELECT u.project_id, d.donors FROM unnest(CAST(:projects AS bigint[])) AS u(project_id)
             CROSS JOIN LATERAL (
                  SELECT count(DISTINCT donor_key) AS donors FROM (
                      SELECT donor_key FROM donation
                       WHERE campaign_id = :campaign AND project_id = u.project_id AND paid_at IS NOT NULL
                         AND status = ANY(:counted)
                       ORDER BY paid_at DESC LIMIT :most) AS newest) AS d""",
        campaign=campaign_id,
        projects=list(project_ids),
        counted=sorted(COUNTED),
        most=MOST_COUNTED,
    )
    return {row.project_id: row.donors for row in rows}


def messages(tx: Tx, keys: Keys, campaign_id: int, most: int) -> list[RecentGift]:
    """Return the newest donations of a campaign whose texts were approved, newest first."""
    rows = tx.rows(
        """SELECT w.donation_id AS id FROM public_words w JOIN donation d ON d.id = w.donation_id
            WHERE w.campaign_id = :campaign AND w.state = 'shown' AND d.status = ANY(:counted)
            ORDER BY w.id DESC LIMIT :most""",
        campaign=campaign_id,
        counted=sorted(COUNTED),
        most=most,
    )
    return _gifts(tx, keys, [row.id for row in rows])


class _Words(NamedTuple):
    """Whether the donor of a donation wants to be named, and the state of its public texts."""

    publishes: bool
    id: int | None
    state: str | None


def _gifts(tx: Tx, keys: Keys, ids: Sequence[UUID]) -> list[RecentGift]:
    views = donation_views(tx, ids)
    spoken = _words_of(tx, ids)
    gifts = []
    for id_ in ids:
        if (view := views.get(id_)) is not None:
            words = spoken.get(id_)
            name, message, tribute = _shown_words(tx, keys, id_, words) if words else ("", "", None)
            shown = words.id if words and (name or message or tribute) else None
            gifts.append(
                RecentGift(
                    view.project_id,
                    view.project_name,
                    view.amount_minor - view.refunded_minor,
                    view.captured_minor,
                    view.paid_at or view.pledged_at,
                    name,
                    message,
                    tribute,
                    shown,
                )
            )
    return gifts


def _words_of(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, _Words]:
    """Return donation id -> state of its texts, for donations that have any or whose donor wants to be named."""
    rows = tx.all(
        select(Donation.id, Donation.publish_name, PublicWords.id, PublicWords.state)
        .outerjoin(PublicWords, col(PublicWords.donation_id) == Donation.id)
        .where(
            col(Donation.id).in_(ids),
            or_(col(Donation.publish_name).is_(True), col(PublicWords.id).is_not(None)),
        )
    )
    return {id_: _Words(publishes, words_id, state) for id_, publishes, words_id, state in rows}


def _shown_words(tx: Tx, keys: Keys, donation_id: UUID, words: _Words) -> tuple[str, str, Tribute | None]:
    """Return the parts of a donation's texts that may be shown: the name, the message and the tribute."""
    passed = words.state == WordsState.SHOWN
    waiting = words.state in (None, WordsState.WAITING)
    if not passed and not (words.publishes and waiting):
        return "", "", None
    personal = read_contact(tx, keys, donation_id)
    name = personal.get("name", "") if words.publishes else ""
    if passed:
        return name, personal.get("message", ""), tribute_of(personal)
    return name if is_plain_name(name) else "", "", None
