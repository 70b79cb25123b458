"""Refuse passwords that are too easy to guess.

`data/common-passwords.txt` has the words that people choose here. The estimator zxcvbn knows 30,000 stolen
passwords, names, words, dates and keyboard rows (ADR 32).
"""

import re
import unicodedata
from functools import cache
from importlib import import_module
from pathlib import Path

LEAST_OWN = 5  # different characters outside common words and keyboard rows
LEAST_SCORE = 3  # of zxcvbn's 0 to 4: more than 10**8 guesses
_MOST_JUDGED = 72  # characters: zxcvbn accepts no more, and further ones only make it harder to guess
_LEAST_LOGIN = 3  # characters; a shorter login occurs in too many good passwords
_LEAST_RUN = 3  # keys in a row
_WORDS = Path(__file__).parent / "data" / "common-passwords.txt"
_ROWS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb",
    "!@#$%^&*()",
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_LOOK_ALIKE = str.maketrans("@013457$", "aoleasts")  # p@ssw0rd


def has_login(login: str, password: str) -> bool:
    """Return whether a password contains the login, ignoring case and all signs that are no letters or digits."""
    name = _letters(login)
    return len(name) >= _LEAST_LOGIN and name in _letters(password)


def is_common(password: str) -> bool:
    """Return whether a password consists of what attackers try first: common words, years, adjacent keys, one
    repeated character; also backwards, with digits that look like letters, and with signs or spaces in between.

    The rest must have some different characters.
    """
    text = _plain(password)
    readings = {text, text.translate(_LOOK_ALIKE)}
    readings |= {_letters(reading) for reading in readings}
    readings |= {reading[::-1] for reading in readings}
    return any(len(set(_without_rows(_without_words(reading)))) < LEAST_OWN for reading in readings)


def is_guessable(login: str, password: str) -> bool:
    """Return whether someone who knows the login would guess a password in fewer than about 10**8 tries."""
    # Imported on first use: its lists take half a second and 14 MB, and few processes ever see a new password.
    estimate = import_module("zxcvbn").zxcvbn(_plain(password)[:_MOST_JUDGED], user_inputs=[_plain(login)])
    return int(estimate["score"]) < LEAST_SCORE


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, _plain(text)))


def _without_words(text: str) -> str:
    for word in _words():
        text = text.replace(word, "")
    return text


def _without_rows(text: str) -> str:
    text = _YEAR.sub("", text)
    for row in _ROWS:
        for keys in (row, row[::-1]):
            for length in range(len(keys), _LEAST_RUN - 1, -1):
                for start in range(len(keys) - length + 1):
                    text = text.replace(keys[start : start + length], "")
    return text


@cache
def _words() -> tuple[str, ...]:
    """Return the common words, longest first: `admin` must not break `administrator`."""
    lines = _WORDS.read_text(encoding="utf-8").split("\n")
    words = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    return tuple(sorted(words, key=len, reverse=True))
