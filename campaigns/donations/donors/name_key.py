"""PURE. The key of a donor's name, by which donations are found: names are stored sealed only, so that it takes the
whole name."""

import unicodedata

from kernel.keys import Keys

NAMELESS = ""  # the key of who left no name
_BETWEEN = str.maketrans("", "", "·・•‧.")  # stands between the parts of a name


def name_key(keys: Keys, name: str) -> str:
    """Return the key of a name however it is spaced, in any width and case; `NAMELESS` of none."""
    plain = "".join(unicodedata.normalize("NFKC", name).casefold().translate(_BETWEEN).split())
    return keys.lookup("name", plain) if plain else NAMELESS
