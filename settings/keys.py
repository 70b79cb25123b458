"""The keys of the site's own. There is no default for them; `make run` makes its own in DATA_DIR."""

from pydantic import Field

from settings.process import Process

KEYS = ("SECRET_KEY", "FIELD_KEY")  # without which nothing is served


class Keys(Process):
    secret_key: str = Field("", alias="SECRET_KEY", repr=False)
    field_key: str = Field("", alias="FIELD_KEY", repr=False)
    # After a change of FIELD_KEY: the one before, until `keys rewrap` was run; and the first one, with which the
    # keyed hashes of people go on being made.
    field_key_before: str = Field("", alias="FIELD_KEY_BEFORE", repr=False)
    lookup_key: str = Field("", alias="LOOKUP_KEY", repr=False)
