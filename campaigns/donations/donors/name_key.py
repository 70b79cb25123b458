"""PURE. The key of a donor's name, by which donations are found. Names are stored only sealed, so a search needs
the full name."""

import unicodedata

from kernel.keys import Keys

NAMELESS = ""  # the key of a donor without a name
_BETWEEN = str.maketrans("", "", "·・•‧.")  # separators between the parts of a name


def name_key(keys: Keys, name: str) -> str:
    """Return the key of a name, regardless of spacing, width and case; `NAMELESS` for an empty one."""
    plain = "".join(unicodedata.normalize("NFKC", name).casefold().translate(_BETWEEN).split())
    return keys.lookup("name", plain) if plain else NAMELESS
