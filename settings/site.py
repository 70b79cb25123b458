"""The addresses of the site, and how much of it one client may use at once."""

from typing import Any, Literal

from pydantic import Field, model_validator

from settings.process import Process
from settings.texts import Bucket, Hosts, Http


class Site(Process):
    port: int = Field(8000, ge=1, le=65_535, alias="PORT")
    given_sandbox_port: int | None = Field(None, ge=1, le=65_535, alias="SANDBOX_PORT")
    public_url: Http = Field("", alias="PUBLIC_URL")  # default: this machine and PORT
    # Other host names of the site, besides that of PUBLIC_URL; a leading dot includes all names below.
    trusted_hosts: Hosts = Field((), alias="TRUSTED_HOSTS")
    # Exact number of proxies in front of us; 0 ignores X-Forwarded-*.
    trusted_proxies: int = Field(0, ge=0, le=10, alias="TRUSTED_PROXIES")
    # Whether browsers must also use TLS for all hosts below that of PUBLIC_URL.
    hsts_subdomains: Literal["on", "off"] = Field("off", alias="HSTS_SUBDOMAINS")
    # The store of picture files, if it is not DATA_DIR: https://key:secret@host/bucket.
    pictures_url: Bucket = Field("", alias="PICTURES_URL", repr=False)
    # Whether the site is reduced to giving (app/http/reduced.py); `auto`: if the database or Redis is in trouble.
    reduced: Literal["auto", "on", "off"] = Field("auto", alias="REDUCED")
    # Requests per second from one address (IPv6: one /64) to one process, see `app/http/doors.py`; 0: no limit.
    address_requests_per_s: int = Field(100, ge=0, le=100_000, alias="ADDRESS_REQUESTS_PER_S")
    # Open pages with live totals: in one process, and from one address.
    live_streams_most: int = Field(2_500, ge=1, le=100_000, alias="LIVE_STREAMS_MOST")
    live_streams_of_address: int = Field(200, ge=1, le=100_000, alias="LIVE_STREAMS_OF_ADDRESS")
    # Concurrent exports and other long reads of managers in one process.
    heavy_reads_most: int = Field(4, ge=1, le=100, alias="HEAVY_READS_MOST")

    @property
    def sandbox_port(self) -> int:
        """The port of the demo's payment sandbox."""
        return self.given_sandbox_port or self.port + 1

    @model_validator(mode="before")
    @classmethod
    def _fill_public_url(cls, data: Any) -> Any:
        return {"PUBLIC_URL": f"http://127.0.0.1:{data.get('PORT', 8000)}"} | data
