"""Lists, search and expansion, as in Stripe's API."""

import json
import re
from typing import Any

from sandbox.objects import public
from sandbox.store import ApiObject, Store
from sandbox.wire import invalid

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_IN_BODY = ("type", "source", "currency", "status")
_IN_COLUMN = ("payment_intent", "charge", "payout")
_CLAUSE = re.compile(r"""\s*metadata\[['"]([^'"\]]{1,40})['"]\]\s*:\s*['"]([^'"]{1,500})['"]\s*""")


def listing(store: Store, kind: str, path: str, params: ApiObject) -> ApiObject:
    """Return one page, newest first. Raises ApiError."""
    conditions: list[tuple[str, Any]] = [
        (f"created {_COMPARISONS[name]} ?", value) for name, value in params.get("created", {}).items()
    ]
    conditions += [(f"json_extract(body, '$.{name}') = ?", params[name]) for name in _IN_BODY if name in params]
    conditions += [(f"{name} = ?", params[name]) for name in _IN_COLUMN if name in params]
    if "types" in params:
        types = json.dumps(params["types"])
        conditions.append(("json_extract(body, '$.type') IN (SELECT value FROM json_each(?))", types))
    data, more = store.page(kind, conditions, params.get("starting_after"), params.get("limit", 10))
    return {"object": "list", "url": path, "has_more": more, "data": [public(item) for item in data]}


def search(store: Store, params: ApiObject) -> ApiObject:
    """Search payment intents by one metadata value: `metadata['donation_id']:'...'`. Raises ApiError."""
    match = _CLAUSE.fullmatch(params["query"])
    if match is None or not re.fullmatch(r"[A-Za-z0-9_.-]+", match[1]):
        raise invalid("This sandbox searches metadata['key']:'value' only.", "query")
    condition = f"""json_extract(body, '$.metadata."{match[1]}"') = ?"""
    if match[1] == "donation_id":
        condition = "donation_id = ?"  # the only one with an index
    page, more = store.page("payment_intent", [(condition, match[2])], None, params.get("limit", 10))
    return {
        "object": "search_result",
        "url": "/v1/payment_intents/search",
        "has_more": more,
        "next_page": None,
        "data": [public(item) for item in page],
    }


def expand(store: Store, item: ApiObject, paths: list[str]) -> ApiObject:
    """Replace ids by their objects along each dotted path. Raises ApiError."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > 4:
            raise invalid("You cannot expand more than 4 levels of a property", "expand")
        _expand(store, item, steps, path)
    return item


def _expand(store: Store, at: Any, steps: list[str], path: str) -> None:
    if isinstance(at, list):
        for item in at:
            _expand(store, item, steps, path)
        return
    name, rest = steps[0], steps[1:]
    if not isinstance(at, dict) or name not in at:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    if isinstance(at[name], str):
        nested = store.find_id(at[name])
        if nested is None:
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        at[name] = public(nested)
    if rest and at[name] is not None:
        _expand(store, at[name], rest, path)
