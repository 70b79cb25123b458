"""JSON encoding of responses."""

from typing import Any

import orjson
from flask.json.provider import DefaultJSONProvider

# Times that no schema has turned into text are left to Flask.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS


class QuickJSONProvider(DefaultJSONProvider):
    """Flask's JSON encoded by orjson, with the same output. Flask encodes what orjson does not support."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        if kwargs.get("indent") is None:
            try:
                return orjson.dumps(obj, self.default, _OPTIONS).decode()
            except TypeError:
                pass
        return super().dumps(obj, **kwargs)
