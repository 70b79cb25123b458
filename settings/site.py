"""Where the site is reached, and how much of it anybody may have at once."""

from typing import Any, Literal

from pydantic import Field, model_validator

from settings.process import Process
from settings.texts import Bucket, Http, Words


class Site(Process):
    port: int = Field(8000, ge=1, le=65_535, alias="PORT")
    public_url: Http = Field("", alias="PUBLIC_URL")  # default: this machine and PORT
    # Further names by which the site is called, beside that of PUBLIC_URL; a dot before one: and all below it.
    trusted_hosts: Words = Field((), alias="TRUSTED_HOSTS")
    # Exact number of proxies in front of us; 0 ignores X-Forwarded-*.
    trusted_proxies: int = Field(0, ge=0, le=10, alias="TRUSTED_PROXIES")
    # Whether browsers must use TLS for all hosts below PUBLIC_URL's too.
    hsts_subdomains: Literal["on", "off"] = Field("off", alias="HSTS_SUBDOMAINS")
    # Where files of pictures are, if not in DATA_DIR: https://key:secret@host/bucket.
    pictures_url: Bucket = Field("", alias="PICTURES_URL", repr=False)
    # Whether only giving is served (app/http/reduced.py); `auto`: while the database or Redis is in trouble.
    reduced: Literal["auto", "on", "off"] = Field("auto", alias="REDUCED")
    # What one address may send to one process (IPv6: one /64), see `app/http/doors.py`; 0: no limit.
    address_requests_per_s: int = Field(100, ge=0, le=100_000, alias="ADDRESS_REQUESTS_PER_S")
    # Open pages with live totals, in one process; of one address.
    live_streams_most: int = Field(2_500, ge=1, le=100_000, alias="LIVE_STREAMS_MOST")
    live_streams_of_address: int = Field(200, ge=1, le=100_000, alias="LIVE_STREAMS_OF_ADDRESS")
    # Exports and other long reads of managers at once, in one process.
    heavy_reads_most: int = Field(4, ge=1, le=100, alias="HEAVY_READS_MOST")

    @model_validator(mode="before")
    @classmethod
    def _fill_public_url(cls, data: Any) -> Any:
        return {"PUBLIC_URL": f"http://127.0.0.1:{data.get('PORT', 8000)}"} | data
