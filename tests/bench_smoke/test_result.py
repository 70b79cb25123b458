"""The table and the file of the benchmarks keep the shape that the contract promises."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bench import costs
from bench.__main__ import BENCHMARKS, main
from bench.attackers import Met
from bench.console import timing_of
from bench.result import Result, save, table
from bench.under_attack import Measured, _result

FAST = Result("hot_pot_http", 400.0, "donations/s", 800.0, 0.40, "ratio", "a POST without database")
SLOW = Result("settle", 123.456, "events/s", None, 10_000)


def test_ratio_and_target() -> None:
    assert (FAST.ratio, FAST.reached) == (0.5, True)
    assert (SLOW.ratio, SLOW.reached) == (None, False)
    assert SLOW._replace(target=None).reached is None


def test_only_the_first_request_is_left_out_of_the_timing() -> None:
    """Only the first request does not count, also where a later one is the slowest."""
    assert timing_of("/", False, [10.0] * 19 + [500.0, 600.0]).p95 == 500.0
    assert timing_of("/", False, [600.0] + [10.0] * 20).p95 == 10.0


def test_file_has_exactly_the_promised_keys(tmp_path: Path) -> None:
    out = tmp_path / "var" / "bench.json"
    save(out, [FAST, SLOW], replace=True)
    assert json.loads(out.read_text()) == [
        {"name": "hot_pot_http", "value": 400.0, "unit": "donations/s", "baseline": 800.0, "ratio": 0.5},
        {"name": "settle", "value": 123.5, "unit": "events/s", "baseline": None, "ratio": None},
    ]


def test_one_benchmark_replaces_only_its_own_entry(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    save(out, [FAST, SLOW], replace=True)
    save(out, [SLOW._replace(value=9.0)], replace=False)
    assert [(row["name"], row["value"]) for row in json.loads(out.read_text())] == [
        ("hot_pot_http", 400.0),
        ("settle", 9.0),
    ]
    save(out, [SLOW], replace=True)
    assert [item["name"] for item in json.loads(out.read_text())] == ["settle"]


def test_table_says_what_was_reached() -> None:
    text = table([FAST, SLOW])
    assert "ratio >= 0.4: reached" in text
    assert "value >= 10,000: NOT reached" in text
    assert "hot_pot_http: a POST without database" in text
    header, first = text.splitlines()[:2]
    assert header.split() == ["name", "value", "unit", "baseline", "ratio", "target"]
    assert header.index("unit") == first.index("donations/s")


def test_an_unmeasured_row_meets_no_target() -> None:
    starved = FAST._replace(shown=False)
    assert starved.reached is False
    assert "ratio >= 0.4: not shown" in table([starved])


def test_an_attack_that_hardly_met_the_server_shows_nothing() -> None:
    weak = Measured(0.01, 0.01, Met(Counter({200: 9}), 9, 0.1), 10, 1.0)
    strong = weak._replace(met=weak.met + Met(Counter({429: 1}), 1, 0.1))
    assert "1.00 (10.0 to 10.0 ms; NOT SHOWN, 9 of 10 requests" in str(weak) and "20% of a core" in str(strong)
    assert _result({"docs": strong}).reached is True
    assert _result({"docs": strong, "exports": weak}).reached is False


def test_a_bound_may_be_from_above() -> None:
    quick = Result("close_1m", 80.0, "s", None, 90.0, "most")
    assert quick.reached and not quick._replace(value=91.0).reached
    assert "value <= 90: reached" in table([quick])


def test_cores_follow_from_the_costs() -> None:
    each = dict.fromkeys(costs.NEEDED, 1_000.0)
    assert costs.costs_of([FAST._replace(costs={"page": 20.0}), SLOW]) == {"page": 20.0}
    assert costs.Peak("a village", 2, 1).cores(each) == pytest.approx((2 * 52 + 1 + 3) / 1e3)
    assert "no cores without the cost of: donation" in costs.text({"page": 20.0})
    assert "cores at the peak of a city" in costs.text(each)


def test_every_promised_name_can_be_asked_for() -> None:
    promised = """hot_pot_http hot_pot_vs_rowlock hot_pot_vs_counter allocate settle close_1m close_10x_growth
        partner_batch_intake partner_batch_settled partner_shuffled partner_single
        event_page project_page standings totals crowd
        live_2000_p99 live_10000_p99 console_p95"""
    assert set(promised.split()) <= set(BENCHMARKS)


def test_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no_such_benchmark"]) == 2
    assert "no_such_benchmark" in capsys.readouterr().err
