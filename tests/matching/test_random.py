"""Random bonus: drawn once by a secret that was committed to, never twice, and anybody can check it."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import pots
from kernel.errors import Invalid
from matching.allocate import AllocationRequest, Capacity, Offer, allocate, matched_base
from matching.draw import ALGORITHM, commitment, drawn_bps
from matching.reveal import count_drawn_matches, drawn_matches, public_draw, reveal_seeds
from matching.rules import Rules
from tests.matching.kinds import moved, offered, paid, proven, special_pot
from tests.matching.offers import HERE
from tests.world import ACTOR, World

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_draw.py"
ID = "0b0e6a4e-0000-4000-8000-000000000001"

bps = st.integers(1, 100_000)


@given(seed=st.binary(min_size=32, max_size=32), id_=st.uuids(), two=st.tuples(bps, bps))
def test_a_draw_is_fixed_and_within_its_bounds(seed: bytes, id_: UUID, two: tuple[int, int]) -> None:
    least, most = sorted(two)
    assert least <= drawn_bps(seed, str(id_), least, most) <= most
    assert drawn_bps(seed, str(id_), least, most) == drawn_bps(seed, str(id_), least, most)


def test_draws_spread_over_the_whole_range() -> None:
    drawn_ones = {drawn_bps(b"s" * 32, str(UUID(int=n)), 1, 6) for n in range(200)}
    assert drawn_ones == {1, 2, 3, 4, 5, 6}


def test_a_known_draw() -> None:
    """Computed with another program (openssl dgst -mac HMAC, then bc): the algorithm must never change."""
    assert drawn_bps(bytes(32), ID, 1_000, 9_999) == 5_744


@given(
    amount=st.integers(1, 10_000),
    ratio=st.integers(1, 100_000),
    share=st.integers(0, 100),
    first=st.integers(0, 12_000),
    seed=st.binary(min_size=32, max_size=32),
)
def test_asked_twice_a_random_pot_gives_no_more_than_asked_once(
    amount: int, ratio: int, share: int, first: int, seed: bytes
) -> None:
    """A pot that was poor at first and rich later gives in all what it would have given at once."""
    rules = Rules(ratio, least_bps=ratio * share // 100)
    offer = Offer.of(1, 11, rules, 1, seed)
    request = AllocationRequest(amount, HERE, "me", "2026-09-09", donation=ID)
    whole = allocate(request, [offer], Capacity({1: 10**12})).matched_minor
    assert whole == amount * drawn_bps(seed, ID, rules.least_bps or 0, ratio) // 10_000
    part = allocate(request, [offer], Capacity({1: first})).matched_minor
    again = request._replace(matched_base_minor=matched_base(part, ratio), prior={1: part})
    more = allocate(again, [offer], Capacity({1: 10**12})).matched_minor
    lost = ratio // 10_000 + 1  # of a fen of the donation that two parts of match share
    assert whole - lost <= part + more <= whole
    assert matched_base(part + more, ratio) <= amount


def test_each_payment_draws_once_and_reoffering_gives_no_more(world: World) -> None:
    pot = special_pot(world, 500_00, "random", random={"least_bps": 2_000})
    donations = [paid(world, 50_00 + n) for n in range(6)]
    seed = _seed(world, pot)
    for donation in donations:
        due = donation.amount_minor * drawn_bps(seed, str(donation.id), 2_000, 10_000) // 10_000
        assert donation.captured_minor == due
    assert offered(world) + moved(world) == 0
    world.pay(donations[0])
    assert proven(world) == 12  # a pledge asks no random pot, and says so


def test_a_poor_random_pot_pays_the_rest_of_the_draw_later(world: World) -> None:
    pot = special_pot(world, 10_00, "random", random={"least_bps": 9_000})
    first, second = paid(world, 10_00), paid(world, 100_00)
    world.do(pots.top_up, pot, 300_00, ACTOR)
    assert offered(world) == 1
    seed = _seed(world, pot)
    for donation in (first, second):
        due = donation.amount_minor * drawn_bps(seed, str(donation.id), 9_000, 10_000) // 10_000
        assert abs(world.view(donation).captured_minor - due) <= 1
    assert offered(world) == 0
    proven(world)


@pytest.mark.parametrize(
    ("kind", "mode", "rules", "field"),
    [
        ("random", "reserve", {"random": {"least_bps": 1}}, "mode"),
        ("random", "payment", {"random": {"least_bps": 10_001}}, "random.least_bps"),
        ("random", "payment", {"random": {"least_bps": 1, "most_bps": 2}}, "random.most_bps"),
        ("ratio", "payment", {"random": {"least_bps": 1}}, "random.least_bps"),
        ("challenge", "reserve", {}, "challenge"),
        ("challenge", "reserve", {"challenge": {}}, "challenge"),
        ("challenge", "reserve", {"challenge": {"donors": 1, "raised_minor": 1}}, "challenge"),
        ("challenge", "reserve", {"challenge": {"donors": 0}}, "challenge.donors"),
        ("random", "payment", {"random": {"least_bps": 1}, "challenge": {"donors": 3}}, "challenge"),
    ],
)
def test_rules_of_another_kind_are_refused(world: World, kind: str, mode: str, rules: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        special_pot(world, 100_00, kind, mode=mode, **rules)
    assert field in refused.value.fields


def test_new_rules_must_be_of_the_same_kind(world: World) -> None:
    pot = special_pot(world, 100_00, "random", random={"least_bps": 1})
    with pytest.raises(Invalid) as refused:
        world.do(pots.add_rules, pot, {"ratio_bps": 10_000, "challenge": {"donors": 3}}, None, ACTOR)
    assert refused.value.code == "rules_invalid"


def test_a_random_pot_whose_rules_do_not_say_from_where_draws_from_zero(world: World) -> None:
    pot = special_pot(world, 500_00, "random")
    gifts = [paid(world, 50_00) for _ in range(5)]
    world.do(pots.add_rules, pot, {"ratio_bps": 5_000, "random": {}}, None, ACTOR)
    gifts += [paid(world, 50_00) for _ in range(5)]
    kept = world.do(lambda tx: tx.rows("SELECT rules FROM pot_rules ORDER BY version"))
    assert [row.rules["random"] for row in kept] == [{"least_bps": 0}] * 2
    seed = _seed(world, pot)
    for donation, most in zip(gifts, [10_000] * 5 + [5_000] * 5, strict=True):
        due = donation.amount_minor * drawn_bps(seed, str(donation.id), 0, most) // 10_000
        assert world.view(donation).captured_minor == due
    proven(world)


def test_the_commitment_is_public_from_the_start_the_seed_only_after_the_end(world: World) -> None:
    pot = special_pot(world, 100_00, "random", random={"least_bps": 1})
    before = world.do(public_draw, pot)
    assert (before.seed, before.revealed_at) == (None, None)
    paid(world, 50_00)
    world.do(reveal_seeds, 1)
    after = world.do(public_draw, pot)
    assert after.commitment == before.commitment == sha256(bytes.fromhex(after.seed)).hexdigest()
    assert world.do(reveal_seeds, 1) == 0
    assert world.do(public_draw, pot) == after


def test_every_pot_has_a_seed_of_its_own(world: World) -> None:
    pots = [special_pot(world, 100_00, "random", random={"least_bps": 1}) for _ in range(3)]
    assert len({_seed(world, pot) for pot in pots}) == 3


def test_an_outsider_can_check_the_published_list(world: World, tmp_path: Path) -> None:
    pot = special_pot(world, 500_00, "random", random={"least_bps": 2_000})
    for n in range(5):
        paid(world, 40_00 + n)
    world.do(reveal_seeds, 1)
    pages = [_published(world, pot, first, 3) for first in (0, 3)]
    assert _verify(tmp_path, pages) == (
        0,
        f"pot {pot}: commitment {pages[0]['commitment']} holds, 5 draws are right",
    )
    pages[1]["draws"][0]["drawn_bps"] += 1
    assert _verify(tmp_path, pages)[0] == 1
    forged = [{**page, "seed": "00" * 32} for page in pages]
    code, output = _verify(tmp_path, forged)
    assert code == 1
    assert "committed" in output


def _seed(world: World, pot: int) -> bytes:
    seed = world.do(lambda tx: tx.scalar("SELECT seed FROM pot_draw WHERE pot_id = :pot", pot=pot))
    assert world.do(public_draw, pot).commitment == commitment(bytes(seed))
    return bytes(seed)


def _published(world: World, pot: int, first: int, most: int) -> dict[str, Any]:
    draw = world.do(public_draw, pot)
    assert world.do(count_drawn_matches, pot) == 5
    rows = [row._asdict() for row in world.do(drawn_matches, pot, draw.seed, first, most)]
    page = {"pot": pot, "algorithm": ALGORITHM, "draws": rows, **draw._asdict()}
    return json.loads(json.dumps(page, default=str))  # type: ignore[no-any-return]


def _verify(folder: Path, pages: list[dict[str, Any]]) -> tuple[int, str]:
    files = []
    for page in pages:
        files.append(folder / f"{uuid4()}.json")
        files[-1].write_text(json.dumps(page))
    done = subprocess.run([sys.executable, "-I", SCRIPT, *files], capture_output=True, text=True)
    return done.returncode, done.stdout.strip()
