"""The site's own keys. They have no defaults; `make run` creates its own in DATA_DIR."""

from pydantic import Field

from settings.process import Process

KEYS = ("SECRET_KEY", "FIELD_KEY")  # required to serve anything


class Keys(Process):
    secret_key: str = Field("", alias="SECRET_KEY", repr=False)
    field_key: str = Field("", alias="FIELD_KEY", repr=False)
    # After a change of FIELD_KEY: the previous one, until `keys rewrap` has run; and the first one, with which
    # keyed hashes of people are still computed.
    field_key_before: str = Field("", alias="FIELD_KEY_BEFORE", repr=False)
    lookup_key: str = Field("", alias="LOOKUP_KEY", repr=False)
