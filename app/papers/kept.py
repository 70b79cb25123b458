"""A cache of pictures that are the same for every visitor. A picture is redrawn at most every five minutes."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Any, NamedTuple

RENEW_S = 300.0  # a picture in a chat may lag five minutes
MOST = 300  # pictures per process, 60 to 100 kB each


class _Kept(NamedTuple):
    words: bytes
    drawn: bytes
    at: float


_kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
_lock = Lock()


def kept(key: tuple[str, ...], values: Mapping[str, Any], draw: Callable[[Mapping[str, Any]], bytes]) -> bytes:
    """Return a cached picture while its values are unchanged or it is recent; otherwise draw it again."""
    words = blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16).digest()
    now = time.monotonic()
    last = _kept.get(key)
    if last is not None and (last.words == words or now - last.at < RENEW_S):
        return last.drawn
    drawn = draw(values)
    with _lock:
        _kept[key] = _Kept(words, drawn, now)
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return drawn
