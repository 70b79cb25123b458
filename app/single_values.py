"""Fields of forms and parameters of addresses are read as one value: sent twice, they are refused.

Proxies, logs and we could otherwise read different values. What nobody reads may repeat, because apps append their
own parameters to links again and again.
"""

from typing import TypeVar

from werkzeug.datastructures import MultiDict

from kernel.errors import Invalid, fault

Value = TypeVar("Value")


class SingleValues(MultiDict[str, Value]):
    """`getlist` reads several values; any other way of reading them raises Invalid `field_given_twice`."""

    def __getitem__(self, key: str) -> Value:
        if len(self.getlist(key)) > 1:
            raise Invalid("field_given_twice", fields={key: fault("given_twice")})
        return super().__getitem__(key)
