"""A random pot's public draw: the commitment at once, the list and its proof after the notice."""

import json
import subprocess
import sys
from pathlib import Path

from flask.testing import FlaskClient

from matching.reveal import reveal_seeds
from tests.matching.kinds import paid, special_pot
from tests.world import World

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_draw.py"


def test_the_draw_is_public_and_can_be_verified(http: FlaskClient, world: World, tmp_path: Path) -> None:
    pot = special_pot(world, 500_00, "random", random={"least_bps": 1_000})
    before = http.get(f"/api/v1/pots/{pot}/draw")
    assert before.status_code == 200
    assert before.json is not None
    assert (before.json["seed"], before.json["revealed_at"], before.json["draws"]) == (None, None, [])
    for n in range(3):
        paid(world, 30_00 + n)
    world.do(reveal_seeds, 1)
    files = []
    for page in (1, 2):
        response = http.get(f"/api/v1/pots/{pot}/draw", query_string={"page": page, "page_size": 2})
        files.append(tmp_path / f"{page}.json")
        files[-1].write_text(response.get_data(as_text=True))
        assert json.loads(response.headers["X-Pagination"])["total"] == 3
        assert response.json is not None
        assert response.json["commitment"] == before.json["commitment"]
        assert len(response.json["draws"]) == 3 - page
    done = subprocess.run([sys.executable, "-I", SCRIPT, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "3 draws are right" in done.stdout


def test_a_pot_that_draws_nothing_has_no_draw(http: FlaskClient, world: World) -> None:
    response = http.get(f"/api/v1/pots/{world.pot(100_00)}/draw")
    assert (response.status_code, response.json and response.json["code"]) == (404, "draw_unknown")
    assert http.get("/api/v1/pots/999/draw").status_code == 404
