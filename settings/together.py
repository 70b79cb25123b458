"""All settings of one process in one class."""

from settings.donations import Donations
from settings.intake import Intake
from settings.keys import Keys
from settings.letters import Letters
from settings.payments import Payments
from settings.servers import Servers
from settings.site import Site
from settings.staff import Staff


# Faults are reported in the order of the fields; those of the last base come first.
class Config(Staff, Intake, Donations, Letters, Payments, Keys, Site, Servers):
    """Settings of one process. Each is read from the environment variable of its alias; an empty variable counts as
    unset. Durations are seconds, amounts are fen. A field without `repr` is a secret."""
