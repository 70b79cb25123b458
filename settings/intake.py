"""Limits on donations from partner platforms and files, and how long their messages are kept."""

from pydantic import Field

from settings.process import Process


class Intake(Process):
    offline_maximum_minor: int = Field(10_000_000, ge=1, alias="OFFLINE_MAXIMUM_MINOR")
    offline_day_most_minor: int = Field(1_000_000_000, ge=1, alias="OFFLINE_DAY_MOST_MINOR")
    offline_age_most_days: int = Field(92, ge=1, le=3_660, alias="OFFLINE_AGE_MOST_DAYS")
    partner_gift_most_minor: int = Field(50_000_000, ge=1, alias="PARTNER_GIFT_MOST_MINOR")
    partner_day_most_minor: int = Field(5_000_000_000, ge=1, alias="PARTNER_DAY_MOST_MINOR")
    partner_day_most_count: int = Field(1_000_000, ge=1, alias="PARTNER_DAY_MOST_COUNT")
    partner_age_most_days: int = Field(90, ge=1, le=3_650, alias="PARTNER_AGE_MOST_DAYS")
    # How long the personal parts of messages from partners and the provider are kept (days).
    message_days: int = Field(90, ge=2, le=3_660, alias="MESSAGE_DAYS")
