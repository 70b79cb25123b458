"""How staff sign in, and which acts need a second person."""

from typing import Literal

from pydantic import Field

from settings.process import Process


class Staff(Process):
    # Whether acts that are large or cannot be undone wait for a second person; unset: only in production.
    second_person: Literal["on", "off"] | None = Field(None, alias="SECOND_PERSON")
    second_person_above_minor: int = Field(1_000_000, ge=0, alias="SECOND_PERSON_ABOVE_MINOR")
    # Whether administrators and finance must sign in with a second factor; unset: only in production.
    second_factor: Literal["required", "offered"] | None = Field(None, alias="SECOND_FACTOR")
    # How long an unused console session lasts (seconds): of administrators and finance, and of all others.
    session_idle_sensitive_s: int = Field(1800, ge=300, le=43_200, alias="SESSION_IDLE_SENSITIVE_S")
    session_idle_s: int = Field(3600, ge=300, le=43_200, alias="SESSION_IDLE_S")

    @property
    def needs_second_person(self) -> bool:
        return self.second_person == "on" or (self.second_person is None and self.production)

    @property
    def second_factor_required(self) -> bool:
        return self.second_factor == "required" or (self.second_factor is None and self.production)
