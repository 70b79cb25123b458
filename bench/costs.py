"""The cost of operations in processor time, and how many cores whole giving days need at that cost."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bench.result import Result

PAGES_A_DONATION = 50  # page views per donation


class Peak(NamedTuple):
    """The busiest minute of a giving day, per second."""

    name: str
    donations: float
    partner_events: float

    def cores(self, costs: Mapping[str, float]) -> float:
        """Return the cores needed. Each donation brings its page views and a webhook, and every gift is
        screened."""
        microseconds = (
            self.donations * (PAGES_A_DONATION * costs["page"] + costs["donation"] + costs["webhook"])
            + self.partner_events * costs["partner event"]
            + (self.donations + self.partner_events) * costs["screened gift"]
        )
        return microseconds / 1e6


# A city: 66 donations per second in its first minute, and 300,000 partner events a day, a tenth of them in one
# hour. A province: fifteen such cities. The nation of 2017: 12.7 million gifts on the three days of the 99 Giving
# Day, a tenth of a day's in its first quarter of an hour, and as many again from partners. The shares are our
# assumptions.
PEAKS = (Peak("a city", 66, 8), Peak("a province", 15 * 66, 15 * 8), Peak("the nation of 2017", 470, 470))
NEEDED = ("page", "donation", "webhook", "partner event", "screened gift")


def costs_of(results: Iterable[Result]) -> dict[str, float]:
    """Collect the measured costs: operation -> processor microseconds."""
    return {name: cost for result in results for name, cost in result.costs.items()}


def text(costs: Mapping[str, float]) -> str:
    """Return the costs as text, with the cores of each peak if all needed costs were measured; empty without
    costs."""
    if not costs:
        return ""
    lines = ["", "Processor microseconds (server, jobs, database and Redis; not the load):"]
    lines += [f"  {name}: {cost:,.0f}" for name, cost in costs.items()]
    if all(name in costs for name in NEEDED):
        lines += [f"  cores at the peak of {peak.name}: {peak.cores(costs):.1f}" for peak in PEAKS]
    else:
        missing = ", ".join(name for name in NEEDED if name not in costs)
        lines.append(f"  no cores without the cost of: {missing}")
    return "\n".join(lines)
