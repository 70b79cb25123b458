"""How answers are written as JSON."""

from typing import Any

import orjson
from flask.json.provider import DefaultJSONProvider

# Times are left to Flask, which writes those that no schema has made text of.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS


class QuickJSONProvider(DefaultJSONProvider):
    """Flask's JSON, written by orjson: the same text. What orjson does not know is left to Flask."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        if kwargs.get("indent") is None:
            try:
                return orjson.dumps(obj, self.default, _OPTIONS).decode()
            except TypeError:
                pass
        return super().dumps(obj, **kwargs)
