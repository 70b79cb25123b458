"""Limits on what a donor may give, and on the match reserved for unpaid donations."""

from typing import Literal, Self

from pydantic import Field, model_validator

from settings.process import Process


class Donations(Process):
    minimum_minor: int = Field(100, ge=1, alias="MINIMUM_MINOR")
    maximum_minor: int = Field(5_000_000, ge=1, alias="MAXIMUM_MINOR")
    gift_ask_minor: int = Field(2_000_000, ge=1, alias="GIFT_ASK_MINOR")
    gifts_ask_per_hour: int = Field(12, ge=1, alias="GIFTS_ASK_PER_HOUR")
    gifts_pause_per_hour: int = Field(40, ge=1, alias="GIFTS_PAUSE_PER_HOUR")
    donor_day_most_minor: int = Field(20_000_000, ge=1, alias="DONOR_DAY_MOST_MINOR")
    minor_most_minor: int = Field(20_000, ge=1, alias="MINOR_MOST_MINOR")
    # Limits on match that is reserved for unpaid donations (campaigns/donations/unpaid/unpaid_limits.py).
    unpaid_limits: Literal["on", "off"] = Field("on", alias="UNPAID_LIMITS")
    unpaid_most_count: int = Field(30, ge=1, alias="UNPAID_MOST_COUNT")
    unpaid_share_bps: int = Field(2_500, ge=1, le=10_000, alias="UNPAID_SHARE_BPS")
    unpaid_share_least_minor: int = Field(2_000_000, ge=0, alias="UNPAID_SHARE_LEAST_MINOR")
    address_unpaid_most_count: int = Field(1_000, ge=1, le=100_000, alias="ADDRESS_UNPAID_MOST_COUNT")
    address_unpaid_share_bps: int = Field(5_000, ge=1, le=10_000, alias="ADDRESS_UNPAID_SHARE_BPS")
    contested_bps: int = Field(1_000, ge=0, le=10_000, alias="CONTESTED_BPS")
    contested_reservation_s: int = Field(300, ge=60, le=900, alias="CONTESTED_RESERVATION_S")

    @model_validator(mode="after")
    def _least_before_most(self) -> Self:
        if self.minimum_minor > self.maximum_minor:
            raise ValueError("MINIMUM_MINOR must not be greater than MAXIMUM_MINOR")
        return self
