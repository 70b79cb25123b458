"""Benchmarks of pages request addresses that exist."""

from bench.plans import PARTS, address_of

POT = {"pot_id": "7"}


def test_of_a_choice_in_an_address_the_first_is_taken() -> None:
    assert (
        address_of("/console/pots/<int:pot_id>/<any('top-ups', reductions):verb>", POT) == "/console/pots/7/top-ups"
    )
    assert address_of("/console/pots/<int:pot_id>/<any(pause, resume):verb>", POT) == "/console/pots/7/pause"
    assert address_of("/console/campaigns/<slug>", {"slug": "hot"}) == "/console/campaigns/hot"


def test_pages_of_what_a_campaign_does_not_have_are_left_out() -> None:
    assert address_of("/console/payout-plans/<int:plan_id>/file-<any(csv, pain001):file_format>", POT) == ""
    assert "verb" not in PARTS


def test_files_are_no_pages() -> None:
    assert address_of("/console/donations.<any(xlsx, csv):file_format>", {}) == ""
    assert address_of("/console/campaigns/<slug>/reconciliation-report.pdf", {"slug": "hot"}) == ""
