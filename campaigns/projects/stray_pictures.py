"""Delete picture files that no row names, left behind by uploads that were refused late and by crashes."""

from collections.abc import Callable
from datetime import timedelta
from itertools import islice

from sqlmodel import col, select

from campaigns.dependencies import Dependencies
from campaigns.projects.page_models import ProjectPicture
from kernel.db import Tx

LEAST_AGE = timedelta(hours=1)  # an upload writes its files first and its row a moment later
BATCH = 1_000


def remove_stray_files(deps: Dependencies, named_elsewhere: Callable[[Tx, set[str]], set[str]]) -> int:
    """Delete picture files older than `LEAST_AGE` that no row names; return how many.

    `named_elsewhere` returns which of some keys are named by rows of higher packages.
    """
    with deps.db.transaction() as tx:
        before = tx.now - LEAST_AGE
    files = (file.name for file in deps.pictures.stored() if file.written_at < before)
    removed = deps.pictures.sweep(before)
    while names := list(islice(files, BATCH)):
        hashes = {name.partition("-")[0] for name in names}
        with deps.db.transaction() as tx:
            named = select(ProjectPicture.file_key).where(col(ProjectPicture.file_key).in_(hashes))
            kept = set(tx.all(named)) | named_elsewhere(tx, hashes)
        stray = [name for name in names if name.partition("-")[0] not in kept]
        deps.pictures.delete(*stray)
        removed += len(stray)
    return removed
