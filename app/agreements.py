"""Checks of an agreement that API and console share."""

from app.http import scope
from campaigns.agreements.agreements import NewAgreement
from kernel.db import Tx


def require_named(tx: Tx, new: NewAgreement) -> None:
    """Require that the campaign and the fund that an agreement names are within the caller's branch.

    Raises NotFound `campaign_unknown`, `fund_unknown`.
    """
    if new.campaign:
        scope.require_named(tx, "slug", new.campaign)
    if new.fund is not None:
        scope.require_named(tx, "fund_id", new.fund)
