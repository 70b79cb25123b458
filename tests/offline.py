"""What use cases need while no provider can be reached."""

from pathlib import Path
from tempfile import TemporaryDirectory

from campaigns.dependencies import Dependencies
from kernel.db import Database
from kernel.files import FolderStore
from kernel.keys import Keys
from payments.gateway import PaymentGateway
from payments.stripe import StripeGateway
from tests.run_folder import shared

_FILES = TemporaryDirectory(prefix="pictures-", dir=shared("pictures"))  # of this process


def offline_gateway() -> PaymentGateway:
    """The real gateway, pointed at a port where nobody listens: for tests in which no provider is asked."""
    return StripeGateway("sk_test_offline", "http://127.0.0.1:9", ("card",), timeout_s=1)


def offline_deps(db: Database, gateway: PaymentGateway | None = None) -> Dependencies:
    """What use cases need, for a database; without a gateway no provider can be asked."""
    keys, pictures = Keys("test-secret", "test-field-key"), FolderStore(Path(_FILES.name))
    return Dependencies(db, gateway or offline_gateway(), keys, "http://127.0.0.1", pictures=pictures)
