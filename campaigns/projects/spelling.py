"""Spell the names of projects and places in pinyin, so that people find a village by typing letters, and lists are
sorted as in a dictionary.

A job writes one row per name; a changed name is another name. Until its row exists, a name is found by its
characters only. Each common character has a row too, so that a process that has not loaded the dictionary
recognises a name typed with a homophone.
"""

from importlib import import_module
from typing import NamedTuple

from campaigns.dependencies import Dependencies
from campaigns.projects.models import Spelling
from kernel.bulk import insert_rows

MOST_NAMES = 5_000  # per run

_FIRST_LEVEL = bytes(byte for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for byte in (row, cell))
COMMON = list(_FIRST_LEVEL.decode("gb2312", "ignore"))  # the 3,755 characters in common use

_UNSPELLED = """
    SELECT name FROM (SELECT name FROM project UNION SELECT name FROM organisation
                      UNION SELECT unnest(CAST(:common AS text[]))) AS names
     WHERE NOT EXISTS (SELECT FROM spelling s WHERE s.name = names.name) LIMIT :most"""


class Spelled(NamedTuple):
    """A name in pinyin without tones. `syllables`: separated, for sorting; `search`: joined, and by initials."""

    syllables: str
    search: str


def spelled(name: str) -> Spelled:
    """Return a name in pinyin. Text that is not Chinese is kept, in lower case."""
    # Imported here because its dictionary takes 60 MB, and only the process of the job needs it.
    parts = [part.strip().lower() for part in import_module("pypinyin").lazy_pinyin(name)]
    syllables = [part for part in parts if part]
    initials = "".join(part[0] for part in syllables)
    return Spelled(" ".join(syllables), f"{''.join(syllables)} {initials}")


def spell_names(deps: Dependencies) -> int:
    """Spell the names of projects and places that have no spelling yet; return how many."""
    with deps.db.transaction() as tx:
        names = [row.name for row in tx.rows(_UNSPELLED, common=COMMON, most=MOST_NAMES)]
        if names:
            spellings = [spelled(name) for name in names]
            insert_rows(
                tx,
                Spelling,
                {
                    "name": names,
                    "syllables": [spelling.syllables for spelling in spellings],
                    "search": [spelling.search for spelling in spellings],
                },
                conflict="(name)",
            )
    return len(names)
