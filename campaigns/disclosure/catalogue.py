"""The list of projects with what each has raised, computed from the books on every read."""

from typing import Any, NamedTuple

from campaigns.projects.states import ELIGIBLE, STATUSES
from campaigns.projects.themes import SEARCH_WORDS, THEMES
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.paging import FIRST_PAGE, MOST_PAGE, Page
from kernel.text import is_storable
from ledger.chart import EARNED
from matching.rules import LEVELS

NEWEST = "newest"
# Nearest to its target first; projects that have reached it come last.
_TOTAL = "coalesce(r.minor, 0) + coalesce(m.minor, 0)"
SORTS = {
    "nearest": f"{_TOTAL} >= p.target_minor, ({_TOTAL}) / CAST(greatest(p.target_minor, 1) AS float8) DESC, p.id",
    "raised": "raised_minor DESC, p.id",
    "name": "coalesce(sp.syllables, p.name), p.name, p.id",
    NEWEST: "p.created_at DESC, p.id DESC",
    "target": "p.target_minor DESC, p.id",
}
MOST_PAGE_SIZE = 5_000
MOST_QUERY = 100  # characters
MOST_WORDS = 8
_MOST_LOOSE = 12  # characters of a word that may stand apart

_FILTER = """
    WHERE (CAST(:campaign AS bigint) IS NULL
           OR EXISTS (SELECT FROM campaign_entry e WHERE e.campaign_id = :campaign AND e.project_id = p.id))
      AND (CAST(:level AS text) IS NULL OR p.level = :level)
      AND (CAST(:under AS text) IS NULL OR p.lineage @> ARRAY[CAST(:under AS text)])
      AND (CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])
      AND (CAST(:theme AS text) IS NULL OR p.theme = :theme)
      AND (CAST(:status AS text) IS NULL OR p.status = :status)"""

# Each typed word must occur in some name, in Chinese or in pinyin. Names stand from the county to the project, as
# people write them together.
_BY_WORDS = """
      AND NOT EXISTS (
          SELECT FROM unnest(CAST(:patterns AS text[])) AS word(pattern)
           WHERE NOT concat_ws(' ', c.name, t.name, o.name, p.name, th.words, p.code,
                               sp.search, so.search, sc.search, st.search) ILIKE word.pattern)"""
_JOINED = """
     FROM project p
     JOIN organisation o ON o.code = p.organisation_code
     LEFT JOIN organisation c ON c.code = p.county_code
     LEFT JOIN organisation t ON t.code = p.township_code
     LEFT JOIN spelling sp ON sp.name = p.name"""
# Joined only for a search: places in pinyin, and the words of themes.
_SEARCHED = """
     LEFT JOIN spelling so ON so.name = o.name
     LEFT JOIN spelling sc ON sc.name = c.name
     LEFT JOIN spelling st ON st.name = t.name
     LEFT JOIN unnest(CAST(:themes AS text[]), CAST(:theme_words AS text[])) AS th(theme, words)
            ON th.theme = p.theme"""

# Sums first, then hash joins, so that the accounts are read once, however many projects there are.
_PAGE = """
   WITH raised AS (
        SELECT project_id, sum(raised_minor) AS minor FROM project_raised
         WHERE CAST(:campaign AS bigint) IS NULL OR campaign_id = :campaign
         GROUP BY project_id),
   matched AS (
        SELECT b.project_id, sum(b.balance_minor) AS minor
          FROM pot JOIN pot_balance b ON b.pot_id = pot.id AND b.kind = ANY(:earned)
         WHERE CAST(:campaign AS bigint) IS NULL OR pot.campaign_id = :campaign
         GROUP BY b.project_id)
   SELECT p.id, p.code, p.name, p.tier, p.level, p.organisation_code, o.name AS organisation_name,
          p.county_code, coalesce(c.name, '') AS county_name,
          p.township_code, coalesce(t.name, '') AS township_name, p.summary, p.target_minor,
          CAST(coalesce(r.minor, 0) AS bigint) AS raised_minor,
          CAST(coalesce(m.minor, 0) AS bigint) AS matched_minor, p.status, p.rating, p.theme,
          p.unit, p.unit_price_minor
   {joined}
     LEFT JOIN raised r ON r.project_id = p.id
     LEFT JOIN matched m ON m.project_id = p.id
    {filter}
    ORDER BY {order} LIMIT :size OFFSET :skip"""


class ProjectRow(NamedTuple):
    """A project as lists show it; amounts in fen."""

    id: int
    code: str
    name: str
    tier: str
    level: str
    organisation_code: str
    organisation_name: str
    county_code: str
    county_name: str
    township_code: str
    township_name: str
    summary: str
    target_minor: int
    raised_minor: int
    matched_minor: int
    status: str
    rating: int  # stars; 0: not rated
    theme: str
    unit: str  # what an amount buys; empty if the project states none
    unit_price_minor: int | None

    @property
    def takes_donations(self) -> bool:
        """Whether donors may give to it while its campaign runs."""
        return self.status in ELIGIBLE


class ProjectQuery(NamedTuple):
    """The filters of the list of projects, and its order; None and "" match any project.

    With `campaign_id`, only the campaign's projects and what they raised there. `under` and `branch` are codes of
    branches of the network: the requested place, and the branch that the caller is limited to. Each word of `q`
    must occur in the name of the project, its village, township or county, its code or its theme, in Chinese or in
    pinyin. If no project has them all, the characters of a Chinese word may stand apart (嵩县食堂).
    """

    campaign_id: int | None = None
    level: str | None = None
    under: str | None = None
    q: str | None = None
    sort: str = "raised"
    branch: str | None = None
    theme: str | None = None
    status: str | None = None


ALL_PROJECTS = ProjectQuery()


def listed(tx: Tx, query: ProjectQuery = ALL_PROJECTS, page: Page = FIRST_PAGE) -> tuple[list[ProjectRow], int]:
    """Return one page of projects and their total number.

    Without a status, projects of every status are listed; the caller must filter out what the public may not see.
    Raises Invalid `list_invalid` naming every invalid field.
    """
    if faults := _faults(query, page):
        raise Invalid("list_invalid", fields=faults)
    filters: dict[str, Any] = {
        "campaign": query.campaign_id,
        "level": query.level or None,
        "under": query.under or None,
        "branch": query.branch,
        "theme": query.theme or None,
        "status": query.status or None,
    }
    joined, chosen = _JOINED, _FILTER
    if words := (query.q or "").split()[:MOST_WORDS]:
        joined, chosen = _JOINED + _SEARCHED, _FILTER + _BY_WORDS
        filters |= {"patterns": [_pattern(word) for word in words]}
        filters |= {"themes": list(SEARCH_WORDS), "theme_words": list(SEARCH_WORDS.values())}
    total = int(tx.scalar(f"SELECT count(*) {joined} {chosen}", **filters))
    if not total and (loose := [_loose_pattern(word) for word in words]) != filters.get("patterns", []):
        filters["patterns"] = loose
        total = int(tx.scalar(f"SELECT count(*) {joined} {chosen}", **filters))
    rows = tx.rows_as(
        ProjectRow,
        _PAGE.format(joined=joined, filter=chosen, order=SORTS[query.sort]),
        **filters,
        earned=list(EARNED),
        size=page.size,
        skip=page.offset,
    )
    return rows, total


def _pattern(q: str) -> str:
    """Return an ILIKE pattern that finds a word literally; % and _ are escaped."""
    return f"%{_escaped(q)}%"


def _escaped(q: str) -> str:
    return q.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _loose_pattern(word: str) -> str:
    """Return an ILIKE pattern that finds the characters of a Chinese word in their order, and other words
    literally."""
    return _pattern(word) if word.isascii() or len(word) > _MOST_LOOSE else f"%{'%'.join(map(_escaped, word))}%"


def _faults(query: ProjectQuery, page: Page) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    for name, options in (("level", LEVELS), ("theme", THEMES), ("status", STATUSES)):
        value = getattr(query, name)
        if value and value not in options:
            faults[name] = fault("not_one_of", options=options)
    if query.sort not in SORTS:
        faults["sort"] = fault("not_one_of", options=list(SORTS))
    for name, value in (("under", query.under), ("q", query.q)):
        if value and len(value) > MOST_QUERY:
            faults[name] = fault("too_long", most=MOST_QUERY)
        elif value and not is_storable(value):
            faults[name] = fault("not_storable")
    if not 1 <= page.number <= MOST_PAGE:
        faults["page"] = fault("out_of_range", least=1, most=MOST_PAGE)
    if not 1 <= page.size <= MOST_PAGE_SIZE:
        faults["page_size"] = fault("out_of_range", least=1, most=MOST_PAGE_SIZE)
    return faults
