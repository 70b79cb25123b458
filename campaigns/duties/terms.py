"""PURE. The duties of a campaign and of the federation, with their due days. The numbers are those of
`tests/duties/README.md`; the periods are the law's: 慈善法 art. 24, 72, 73, 79 (2023), 民政部令74号 art. 11,
令81号 (2026), MZ/T 088-2017, 个人信息保护法 art. 55."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple


class Task(StrEnum):
    """A kind of duty."""

    FILE_PLAN = "file_plan"  # file the plan 10 days before the start
    ASSESS_PRIVACY = "assess_privacy"  # assess what personal data is published and passed on, before the start
    FILE_EMERGENCY = "file_emergency"  # in an emergency: within 10 days after the start
    PUBLISH_EMERGENCY = "publish_emergency"  # in an emergency: every 5 days, what was received
    PUBLISH_PERIODIC = "publish_periodic"  # longer than 6 months: every 3 months
    PUBLISH_FINAL = "publish_final"  # everything within 3 months after the end
    ASSESS_PARTNERS = "assess_partners"  # within 3 months after the end
    REPORT_LEFTOVERS = "report_leftovers"  # within 3 months after the end of a project
    ANNUAL_REPORT = "annual_report"  # by 31 May, with the cost of fundraising
    OPERATING_REPORT = "operating_report"  # twice a year, about the platform


DUTY = {
    Task.FILE_PLAN: 4,
    Task.ASSESS_PRIVACY: 17,
    Task.FILE_EMERGENCY: 6,
    Task.PUBLISH_EMERGENCY: 6,
    Task.PUBLISH_PERIODIC: 7,
    Task.PUBLISH_FINAL: 7,
    Task.ASSESS_PARTNERS: 7,
    Task.REPORT_LEFTOVERS: 7,
    Task.ANNUAL_REPORT: 21,
    Task.OPERATING_REPORT: 20,
}
REMIND = timedelta(days=10)  # before a due day; our default
FILED_BEFORE = timedelta(days=10)
FILED_AFTER = timedelta(days=10)
IN_EMERGENCY = timedelta(days=5)
LONG_MONTHS, EVERY_MONTHS, AFTER_END_MONTHS = 6, 3, 3
YEARS_BACK = 2  # for the federation's own duties


class Term(NamedTuple):
    """A duty with its due day. It is shown as urgent from `remind_on` on."""

    task: Task
    due_on: date

    @property
    def duty(self) -> int:
        """Return the number of the duty."""
        return DUTY[self.task]

    @property
    def remind_on(self) -> date:
        """Return the day from which managers are reminded. A duty that recurs often reminds at once."""
        return self.due_on - (IN_EMERGENCY if self.task is Task.PUBLISH_EMERGENCY else REMIND)


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or the last day of that month if it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def of_campaign(
    opens_on: date, ends_on: date, *, emergency: bool, assessment_asked_on: date | None = None
) -> Iterator[Term]:
    """Yield the terms of a campaign that is open from one day to another, in no order.

    `assessment_asked_on`: the day on which an upgrade began to ask for its assessment. It is due some days later,
    or not at all if the campaign was over.
    """
    if assessment_asked_on is None:
        yield Term(Task.ASSESS_PRIVACY, opens_on)
    elif assessment_asked_on <= ends_on:
        yield Term(Task.ASSESS_PRIVACY, max(opens_on, assessment_asked_on + REMIND))
    if emergency:
        yield Term(Task.FILE_EMERGENCY, opens_on + FILED_AFTER)
        day = opens_on + IN_EMERGENCY
        while day < ends_on + IN_EMERGENCY:
            yield Term(Task.PUBLISH_EMERGENCY, day)
            day += IN_EMERGENCY
    else:
        yield Term(Task.FILE_PLAN, opens_on - FILED_BEFORE)
    if ends_on > months_after(opens_on, LONG_MONTHS):
        count = EVERY_MONTHS
        while (day := months_after(opens_on, count)) < ends_on:
            yield Term(Task.PUBLISH_PERIODIC, day)
            count += EVERY_MONTHS
    final = months_after(ends_on, AFTER_END_MONTHS)
    for task in (Task.PUBLISH_FINAL, Task.ASSESS_PARTNERS):
        yield Term(task, final)


def of_projects(ended_on: Iterable[date]) -> Iterator[Term]:
    """Yield the terms of a campaign's projects that ended on these days, in no order."""
    for due_on in {months_after(day, AFTER_END_MONTHS) for day in ended_on}:
        yield Term(Task.REPORT_LEFTOVERS, due_on)


def of_federation(today: date, since: date) -> Iterator[Term]:
    """Yield the federation's own terms from `since` until a year from now, in no order."""
    for year in range(max(since.year, today.year - YEARS_BACK), today.year + 2):
        terms = (
            Term(Task.ANNUAL_REPORT, date(year, 5, 31)),
            Term(Task.OPERATING_REPORT, date(year, 1, 31)),
            Term(Task.OPERATING_REPORT, date(year, 7, 31)),
        )
        yield from (term for term in terms if since < term.due_on <= months_after(today, 12))
