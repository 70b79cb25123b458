"""The certificate of an award: who won what, with the figures of the published result."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.i18n.awards import award_rule
from app.papers.donor import long_day
from app.papers.emblems import Ink, halves, seal
from app.papers.fonts import drawable
from app.papers.words import RED, face, runs, yuan_text
from campaigns.awards.models import AwardPublication
from campaigns.disclosure.campaigns import CampaignView

_GOLD_ON_WHITE, _WHITE, _FAINT = "#C58A1B", "#FFFFFF", "#BFAE96"
_WHOLE = 100  # percent of the right half in gold: an award has no match to show


def award_values(
    campaign: CampaignView, publication: AwardPublication, award: Mapping[str, Any], winner: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the texts of a winner's certificate."""
    sums = {
        "donors": f"{winner['donors']:,}",
        "donations": f"{winner['donations']:,}",
        "raised": yuan_text(winner["raised_minor"]),
        "matched": yuan_text(winner["matched_minor"]),
        "sum": yuan_text(winner["total_minor"]),
    }
    won = _("在%(campaign)s中获“%(award)s”第 %(place)s 名。")
    rests = _("%(donors)s人捐了%(donations)s笔，筹款%(raised)s，配捐%(matched)s，合计%(sum)s。")
    place = {"campaign": campaign.name, "award": str(award["name"]), "place": str(winner["place"])}
    names = [str(winner[name]) for name in ("parent_name", "name") if winner[name]]
    return face() | {
        "emblem": halves("other", Ink(RED, _WHITE), Ink(_GOLD_ON_WHITE, _WHITE), _WHOLE, _FAINT),
        "thanks": seal("seal-thanks"),
        "title": _("表彰证书"),
        "salutation": _("%(name)s：", name=drawable("".join(names), 80)),
        "paragraphs": [runs(won, **place), runs(rests, **sums), runs(drawable(award_rule(award)))],
        "host": drawable(campaign.host),
        "day": long_day(publication.published_at),
        "number": _("第 %(version)s 次公布", version=publication.version) + f" · {publication.awards_hash[:16]}",
        "no-receipt": _("数字取自公示的结果；这不是公益事业捐赠票据。"),
    }
