"""The life of a project, as a table."""

import itertools

import pytest

from campaigns.projects.states import HELD, LIVE, Status, may_move


def test_a_project_goes_one_step_at_a_time_and_only_forward_unless_it_is_sent_back() -> None:
    line = [*LIVE, Status.CLOSED]
    for from_, to in itertools.product(line, line):
        sent_back = (from_, to) == (Status.REVIEW, Status.DRAFT)
        assert may_move(from_, to) == (line.index(to) == line.index(from_) + 1 or sent_back)


@pytest.mark.parametrize("live", LIVE)
def test_any_live_project_can_be_held_and_goes_back_only_to_where_it_was(live: Status) -> None:
    for held in HELD:
        assert may_move(live, held)
    ways = {to for to in Status if may_move(Status.SUSPENDED, to, live) and to not in HELD}
    assert ways == {live, Status.REVIEW}, "or it is reviewed again"


def test_a_closed_project_never_changes_its_status() -> None:
    assert not any(may_move(Status.CLOSED, to, Status.EXECUTING) for to in Status)


@pytest.mark.parametrize("live", LIVE)
def test_a_project_leaves_the_blacklist_only_to_suspended(live: Status) -> None:
    assert may_move(Status.SUSPENDED, Status.BLACKLISTED)
    assert [to for to in Status if may_move(Status.BLACKLISTED, to, live)] == [Status.SUSPENDED]
