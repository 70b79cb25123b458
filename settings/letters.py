"""What letters and text messages to donors are sent through."""

from urllib.parse import urlsplit

from pydantic import Field

from settings.site import Site
from settings.texts import Mail, Sms


class Letters(Site):
    # Where letters to donors are sent from, and in whose name; without MAIL_URL none are sent.
    mail_url: Mail = Field("", alias="MAIL_URL", repr=False)
    mail_from: str = Field("", alias="MAIL_FROM")
    # What takes text messages: codes by which donors find what they gave. Without it none are sent.
    sms_url: Sms = Field("", alias="SMS_URL", repr=False)

    @property
    def mail_sender(self) -> str:
        """From whom letters come: MAIL_FROM, else no-reply at the site's own name."""
        return self.mail_from or f"no-reply@{urlsplit(self.public_url).hostname or 'localhost'}"
