"""A file five times as long takes no more memory, and its bar has moved on the way."""

import os
import resource
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from app.exports.work import write_exports
from campaigns.exports.models import ExportState
from campaigns.exports.runs import content
from kernel.db import Database
from tests.console.test_file_orders import ordered
from tests.web.conftest import app, clock, world
from tests.world import World

__all__ = ["app", "clock", "world"]
SMALL, LARGE = 20_000, 100_000
MOST_GROWTH_KB = 16_000
_GIFTS = """
    INSERT INTO donation (id, campaign_id, project_id, amount_minor, currency, status, channel, message,
                          publish_name, accept_unmatched, source_code, team, donor_key, request_hash,
                          pledged_at, provider, payment_reference, paid_at)
    SELECT gen_random_uuid(), c.id, :project, 100 * (1 + n % 2000), 'CNY', 'settled', 'web', '',
           false, false, '', '', 'k' || n % 4000, '', CAST(:now AS timestamptz) - n * interval '1 second',
           'stripe', 'pi_' || :begin + n, CAST(:now AS timestamptz) - n * interval '1 second'
      FROM campaign c, generate_series(1, CAST(:count AS int)) AS n WHERE c.slug = 'day'"""


def peak_kb(work: Callable[[], object]) -> int:
    """The most memory that a process of its own has while it does this."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        code = 1
        try:
            work()
            os.write(writer, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        peak = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return int(peak)


@pytest.mark.long  # 120,000 rows are written
@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_memory_stays_flat_while_the_file_grows(app: Flask, world: World, file_format: str) -> None:
    url = world.db.engine.url.render_as_string(hide_password=False)

    def fill(count: int, begin: int) -> None:
        world.do(lambda tx: tx.run(_GIFTS, project=world.projects[0], now=tx.now, count=count, begin=begin))

    def write() -> None:
        assert write_exports(replace(world.deps, db=Database(url, world.clock))) == 1

    peaks, sizes = [], []
    for count, begin in ((SMALL, 0), (LARGE - SMALL, SMALL)):
        fill(count, begin)
        run = ordered(app, world, file_format=file_format)
        peaks.append(peak_kb(write))
        sizes.append(sum(map(len, content(world.db, run.id or 0, lambda _tx: True))))
        with world.db.snapshot() as tx:
            row = tx.get(type(run), run.id)
        assert row is not None and (row.state, row.rows_done, row.rows_total) == (
            ExportState.DONE,
            begin + count,
            begin + count,
        )
    print(file_format, peaks, sizes)
    assert sizes[1] > 4 * sizes[0]
    assert peaks[1] - peaks[0] < MOST_GROWTH_KB
