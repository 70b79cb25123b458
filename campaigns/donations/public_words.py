"""PURE. Detect donors' words that contain contact details.

A rule flags suspicious words; a reviewer decides whether they are shown. Only a plain name needs no decision.
"""

import re
import unicodedata

_DIGITS = re.compile(r"(?:[0-9〇零一二两三四五六七八九][\s.\-—_*]*){6,}")
_CONTACT = re.compile(
    r"@|https?:|www\.|[a-z0-9-]+\s*(?:\.|点|。)\s*(?:com|cn|net|org|top|xyz|vip|cc|info|io|me|shop|site|app)\b"
    r"|微\s*信|薇\s*信|威\s*信|v\s*x|wechat|weixin|q\s*q|企\s*鹅|加\s*[v我群微]|扫\s*码|二\s*维\s*码|公\s*众\s*号"
    r"|telegram|whatsapp|电\s*话|手\s*机|私\s*信|转\s*账|代\s*购|兼\s*职",
    re.IGNORECASE,
)
_PLAIN_NAME = re.compile(
    r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,6}|[A-Za-z\u00c0-\u024f]+(?:[ .·'-]+[A-Za-z\u00c0-\u024f]+){0,3}\.?"
)
MOST_PLAIN_NAME = 30  # characters


def suspicion_of(text: str) -> str:
    """Return `contact` if a text seems to contain contact details (an address, number or account), else ""."""
    plain = unicodedata.normalize("NFKC", text)
    return "contact" if _CONTACT.search(plain) or _DIGITS.search(plain) else ""


def is_plain_name(name: str) -> bool:
    """Return whether a name can be shown without review: two to six Chinese characters, or a few Latin words."""
    return len(name) <= MOST_PLAIN_NAME and _PLAIN_NAME.fullmatch(name) is not None and not suspicion_of(name)
