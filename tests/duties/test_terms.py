"""What is due by which day: pure arithmetic of the law's periods."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from campaigns.duties.terms import DUTY, Task, Term, months_after, of_campaign, of_federation

DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))


def _days(terms: list[Term], task: Task) -> list[date]:
    return sorted(term.due_on for term in terms if term.task is task)


def test_duty_04_the_plan_is_filed_ten_days_before_the_start() -> None:
    terms = list(of_campaign(date(2026, 9, 9), date(2026, 9, 9), emergency=False))
    assert _days(terms, Task.FILE_PLAN) == [date(2026, 8, 30)]
    assert Term(Task.FILE_PLAN, date(2026, 8, 30)).remind_on == date(2026, 8, 20)


def test_duty_06_an_emergency_is_filed_after_the_start_and_published_every_five_days() -> None:
    terms = list(of_campaign(date(2026, 7, 1), date(2026, 7, 12), emergency=True))
    assert _days(terms, Task.FILE_EMERGENCY) == [date(2026, 7, 11)]
    assert _days(terms, Task.PUBLISH_EMERGENCY) == [date(2026, 7, 6), date(2026, 7, 11), date(2026, 7, 16)]
    assert not _days(terms, Task.FILE_PLAN)


def test_duty_07_long_campaigns_publish_every_three_months_and_all_after_their_end() -> None:
    long = list(of_campaign(date(2026, 1, 31), date(2026, 11, 1), emergency=False))
    assert _days(long, Task.PUBLISH_PERIODIC) == [date(2026, 4, 30), date(2026, 7, 31), date(2026, 10, 31)]
    half_a_year = list(of_campaign(date(2026, 1, 31), date(2026, 7, 31), emergency=False))
    assert not _days(half_a_year, Task.PUBLISH_PERIODIC)
    for task in (Task.PUBLISH_FINAL, Task.ASSESS_PARTNERS):
        assert _days(half_a_year, task) == [date(2026, 10, 31)]


def test_duty_17_an_upgrade_asks_for_the_assessment_of_campaigns_that_are_not_over() -> None:
    def due(opens_on: date, ends_on: date) -> list[date]:
        terms = list(of_campaign(opens_on, ends_on, emergency=False, assessment_asked_on=date(2026, 9, 9)))
        return _days(terms, Task.ASSESS_PRIVACY)

    assert due(date(2026, 9, 1), date(2026, 9, 8)) == []
    assert due(date(2026, 9, 1), date(2026, 9, 9)) == [date(2026, 9, 19)]
    assert due(date(2026, 10, 1), date(2026, 10, 2)) == [date(2026, 10, 1)]


def test_duty_21_the_annual_report_is_due_on_31_may() -> None:
    terms = list(of_federation(date(2026, 9, 9), since=date(2026, 6, 1)))
    assert _days(terms, Task.ANNUAL_REPORT) == [date(2027, 5, 31)]


def test_duty_20_the_operating_report_is_due_twice_a_year() -> None:
    terms = list(of_federation(date(2026, 9, 9), since=date(2026, 6, 1)))
    assert _days(terms, Task.OPERATING_REPORT) == [date(2026, 7, 31), date(2027, 1, 31), date(2027, 7, 31)]


def test_every_task_is_of_a_duty() -> None:
    assert set(DUTY) == set(Task)


@given(DAYS, DAYS, st.booleans())
def test_terms_are_unique(day: date, other: date, emergency: bool) -> None:
    terms = list(of_campaign(min(day, other), max(day, other), emergency=emergency))
    assert len(set(terms)) == len(terms)


@given(DAYS, st.integers(0, 40))
def test_months_keep_the_day_or_end_with_the_month(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or later.day in (28, 29, 30)
