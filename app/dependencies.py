"""Build the dependencies of the use cases from the settings, for web processes, jobs and benchmarks."""

from dataclasses import replace

from app.bucket import BucketStore
from campaigns.dependencies import Dependencies, DonationLimits, SecondPerson
from config import Config, require_secrets
from kernel.db import Database
from kernel.files import FileStore, FolderStore
from kernel.keys import Keys
from kernel.timeouts import JOBS, Timeouts
from payments.stripe import StripeGateway


def web_timeouts(settings: Config) -> Timeouts:
    """Return the database time-outs of pages and API, for which a person or program waits."""
    return Timeouts(
        connect_s=settings.database_connect_s,
        pool_s=settings.database_pool_s,
        statement_s=settings.database_statement_s,
        lock_s=settings.database_lock_s,
    )


def job_timeouts(settings: Config) -> Timeouts:
    """Return the database time-outs of jobs and commands, which process many rows at a time."""
    return replace(JOBS, statement_s=settings.job_statement_s, lock_s=settings.job_lock_s)


def picture_store(settings: Config) -> FileStore:
    """Return the store of picture files: the configured bucket, otherwise DATA_DIR."""
    if settings.pictures_url:
        return BucketStore(settings.pictures_url)
    return FolderStore(settings.data_dir.absolute() / "pictures")


def make_dependencies(settings: Config, timeouts: Timeouts | None = None) -> Dependencies:
    """Return the dependencies for these settings, by default with the time-outs of jobs.

    Raises BadSettings if a database is set without the secrets for it.
    """
    if settings.database_url:
        require_secrets(settings)
    return Dependencies(
        db=Database(
            settings.database_url or "postgresql+psycopg://",  # unset: commands report it
            timeouts=timeouts or job_timeouts(settings),
        ),
        gateway=StripeGateway(
            settings.stripe_secret_key,
            settings.stripe_api_base,
            settings.stripe_methods,
            settings.provider_timeout_s,
        ),
        keys=Keys(settings.secret_key, settings.field_key, settings.field_key_before, settings.lookup_key),
        public_url=settings.public_url,
        limits=_donation_limits(settings),
        message_days=settings.message_days,
        second_person=SecondPerson(settings.needs_second_person, settings.second_person_above_minor),
        pictures=picture_store(settings),
        mail_url=settings.mail_url,
        sms_signature=settings.sms_signature,
        sms_url=settings.sms_url,
        mail_from=settings.mail_sender,
        accept_test_mode=settings.accepts_test_mode,
        accept_live_mode=settings.accepts_live_mode,
        demo=settings.sandbox,
        training=settings.training,
        tell_loopback=settings.sandbox,
    )


def _donation_limits(settings: Config) -> DonationLimits:
    return DonationLimits(
        minimum_minor=settings.minimum_minor,
        maximum_minor=settings.maximum_minor,
        ask_gift_minor=settings.gift_ask_minor,
        ask_hour_count=settings.gifts_ask_per_hour,
        pause_hour_count=settings.gifts_pause_per_hour,
        donor_day_most_minor=settings.donor_day_most_minor,
        minor_most_minor=settings.minor_most_minor,
        offline_maximum_minor=settings.offline_maximum_minor,
        offline_day_most_minor=settings.offline_day_most_minor,
        offline_age_most_days=settings.offline_age_most_days,
        partner_gift_most_minor=settings.partner_gift_most_minor,
        partner_day_most_minor=settings.partner_day_most_minor,
        partner_day_most_count=settings.partner_day_most_count,
        partner_age_most_days=settings.partner_age_most_days,
        paying_most_s=settings.paying_most_s,
        unpaid_limits=settings.unpaid_limits == "on",
        unpaid_most_count=settings.unpaid_most_count,
        unpaid_share_bps=settings.unpaid_share_bps,
        unpaid_share_least_minor=settings.unpaid_share_least_minor,
        address_unpaid_most_count=settings.address_unpaid_most_count,
        address_unpaid_share_bps=settings.address_unpaid_share_bps,
        contested_bps=settings.contested_bps,
        contested_reservation_s=settings.contested_reservation_s,
        contested_reservation_most_s=2 * settings.contested_reservation_s,
    )
