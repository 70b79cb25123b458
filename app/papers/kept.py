"""Pictures that are the same for everybody: drawn once per change, at most every five minutes, for no visitor."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Any, NamedTuple

RENEW_S = 300.0  # a picture in a chat may be five minutes behind
MOST = 300  # pictures of 60 to 100 kB in the memory of a process


class _Kept(NamedTuple):
    words: bytes
    drawn: bytes
    at: float


_kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
_lock = Lock()


def kept(key: tuple[str, ...], values: Mapping[str, Any], draw: Callable[[Mapping[str, Any]], bytes]) -> bytes:
    """Return a picture: the last one while its values stand or it is young, else drawn anew."""
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
