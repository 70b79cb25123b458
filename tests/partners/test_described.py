"""What the door takes and answers, field by field, is what the description of the API says: no more and no less."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from tests.partners.engineer import Engineer, Json, bill
from tests.payments.judge import as_json_schema
from tests.world import World

DOOR = "/webhooks/partners/{name}"


class Description:
    """The description, as a judge of bodies."""

    def __init__(self, engineer: Engineer) -> None:
        spec = engineer.http.get("/api/openapi.json").get_json()
        self.paths, self.schemas = spec["paths"], spec["components"]["schemas"]

    def answer(self, method: str, address: str, status: int, shown: Any) -> None:
        content = self.paths[DOOR + address][method]["responses"][str(status)]["content"]["application/json"]
        schemas = content["schema"].get("anyOf", [content["schema"]])
        components = {"schemas": as_json_schema(self.schemas)}
        fitting = [jsonschema_rs.is_valid(schema | {"components": components}, shown) for schema in schemas]
        assert any(fitting), (address, shown)
        differing = [list(self.differing(schema, shown)) for schema in schemas]
        assert [] in differing, (address, differing)

    def takes(self, address: str, body: Json) -> bool:
        schema = self.paths[DOOR + address]["post"]["requestBody"]["content"]["application/json"]["schema"]
        components = as_json_schema({"schemas": {n: s for n, s in self.schemas.items() if "Door" in n}})
        return bool(jsonschema_rs.is_valid(schema | {"components": components}, body))

    def differing(self, schema: Json, shown: Any, at: str = "") -> Iterator[str]:
        """The paths of fields that only one of the two has."""
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        if isinstance(shown, list):
            for part in shown[:3]:
                yield from self.differing(schema["items"], part, f"{at}[]")
        elif isinstance(shown, dict) and "properties" in schema:
            yield from (f"{at}.{name}" for name in set(schema["properties"]) ^ set(shown))
            for name in set(schema["properties"]) & set(shown):
                yield from self.differing(schema["properties"][name], shown[name], f"{at}.{name}")


def test_each_field_of_an_answer_is_described_and_there(engineer: Engineer, world: World) -> None:
    world.pot(1_000_00)
    engineer.send(engineer.paid(1), engineer.paid(2, project_code="NOWHERE"), engineer.refunded(1, 5_00))
    world.settle()
    described = Description(engineer)
    places = {"/events/{event_id}": "/events/donation.paid-1", "/donations/{their_id}": "/donations/T-1"}
    for address in ("/events", *places, "/summary", "/health", "/projects", "/sums"):
        described.answer("get", address, 200, engineer.get(places.get(address, address)))
    described.answer("get", "/donations/{their_id}", 200, engineer.get("/donations/T-2"))
    rows = [("L-1", "charge", "T-9", 25_00, 0), ("L-1", "gift", "T-2", 25_00, 0)]
    for body in (bill(*rows, at=world.clock.at.isoformat()), {"empty": "2026-09-08"}):
        described.answer("post", "/bill", 200, engineer.call("/bill", body).get_json())
    described.answer("post", "/secret", 201, engineer.call("/secret", {"rotate": True}).get_json())


def test_each_body_that_is_described_is_taken(engineer: Engineer) -> None:
    described = Description(engineer)
    assert described.takes("/secret", {"rotate": True, "old_valid_until": "2026-09-10T10:00:00+08:00"})
    assert described.takes("/bill", {"empty": "2026-09-08"}) and not described.takes("/bill", {})
    assert described.takes("/sums/answer", {"campaign": "x", "answer": "contradicted", "text": "x", "projects": []})
    assert not described.takes("/secret", {"rotate": False}) and not described.takes(
        "/sums/answer", {"campaign": "x"}
    )
    files = described.paths[f"{DOOR}/bill"]["post"]["requestBody"]["content"]["text/csv"]
    assert engineer.call("/bill", files["example"].encode()).get_json()["faults"] == []
