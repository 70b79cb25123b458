"""Every text of the pages has its English one, and the catalogue holds no text that no page has."""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "app/i18n/translations"
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"silent": "false"}}


def texts_of_pages() -> set[str]:
    keywords = DEFAULT_KEYWORDS | {"_l": None, "counted": (1, 1)}
    texts = extract_from_dir(str(ROOT / "app"), METHODS, OPTIONS, keywords)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in texts}


def catalogue() -> Catalog:
    with (TRANSLATIONS / "en/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file)


def test_every_text_has_an_english_one_and_none_is_left_over() -> None:
    translated = {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for message in catalogue()
        if message.id
    }
    texts = texts_of_pages() - {""}
    assert len(texts) > 1_000
    assert sorted(texts - translated.keys()) == []
    assert sorted(translated.keys() - texts) == []
    assert [text for text, english in translated.items() if not english or not all(english)] == []


def test_english_has_the_words_of_the_glossary() -> None:
    """A donation is no gift: the glossary has one word for each thing."""
    strings = [message.string for message in catalogue()]
    english = [text for string in strings for text in ((string,) if isinstance(string, str) else string)]
    assert [text for text in english if re.search(r"(?<!%\()\bgifts?\b(?!\)s)", text, re.IGNORECASE)] == []
