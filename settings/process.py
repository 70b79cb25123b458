"""Settings of the process itself. The other groups build on them, because defaults depend on `production`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from settings.texts import Upper

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class Process(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    environment: Literal["production", "development"] = Field("development", alias="BEISHAN_ENV")
    data_dir: Path = Field(Path("var"), alias="DATA_DIR")
    log_level: Annotated[LogLevel, Upper] = Field("INFO", alias="LOG_LEVEL")
    web_concurrency: int | None = Field(None, ge=1, alias="WEB_CONCURRENCY")  # read by embedded/gunicorn_conf.py
    sandbox: Annotated[bool, BeforeValidator(lambda text: text == "1")] = Field(False, alias="BEISHAN_SANDBOX")
    # Whether this is a training site, which marks all its output as such (ADR 41).
    training: Annotated[bool, BeforeValidator(lambda text: text == "1")] = Field(False, alias="BEISHAN_TRAINING")
    # Where managers order a training site and `embedded.training` finds the order; unset: none can be ordered.
    training_dir: Path | None = Field(None, alias="TRAINING_DIR")
    # Number of donations in the demo campaign, which is two days old; 0: it opens now and has none.
    demo_gifts: int = Field(3_000, ge=0, le=20_000, alias="DEMO_GIFTS")

    @property
    def production(self) -> bool:
        return self.environment == "production"
