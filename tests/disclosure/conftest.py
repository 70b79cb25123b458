"""The story of a donation goes on while its event closes: the closing's day serves here too."""

from tests.closing.conftest import clock, day

__all__ = ["clock", "day"]
