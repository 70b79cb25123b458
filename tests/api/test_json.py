"""Answers are written by orjson, with the text that Flask would write."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.json.provider import DefaultJSONProvider

from app.http.json_provider import QuickJSONProvider


class Colour(StrEnum):
    RED = "red"


@dataclass
class Sum:
    minor: int


Part = namedtuple("Part", "pot minor")

VALUES = (
    {"b": 1, "a": [None, True, 0.5, '配捐 " \\ \n \u2028 </script>']},
    {1: "a key that is no text", None: 2},
    {"big": 2**70, "small": -(2**63)},
    {"at": datetime(2026, 9, 9, 1, 2, 3, tzinfo=UTC), "day": date(2026, 9, 9)},
    {"id": UUID(int=7), "state": Colour.RED, "part": Part(1, 2), "sum": Sum(3), "amount": Decimal("1.50")},
    OrderedDict(z=1, a=OrderedDict(y=2, b=())),
    "text",
    None,
)


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_the_text_is_the_same(value: Any) -> None:
    app = Flask("json")
    flask = DefaultJSONProvider(app)
    flask.ensure_ascii = flask.sort_keys = False
    quick = QuickJSONProvider(app)
    with app.test_request_context():
        assert quick.response(value).get_data() == flask.response(value).get_data()


def test_a_value_without_a_json_form_is_an_error() -> None:
    with pytest.raises(TypeError):
        QuickJSONProvider(Flask("json")).dumps({"x": object()})
