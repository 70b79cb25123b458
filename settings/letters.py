"""Services that send letters and text messages to donors."""

from urllib.parse import urlsplit

from pydantic import Field

from settings.site import Site
from settings.texts import Mail, Sms


class Letters(Site):
    # The mail server for letters to donors, and their sender. Without MAIL_URL none are sent.
    mail_url: Mail = Field("", alias="MAIL_URL", repr=False)
    mail_from: str = Field("", alias="MAIL_FROM")
    # The gateway for text messages with the codes by which donors find their donations. Without it none are sent.
    sms_url: Sms = Field("", alias="SMS_URL", repr=False)
    # Text messages begin with it, in 【】: the name that the host registered with the carriers (which require it).
    sms_signature: str = Field("", alias="SMS_SIGNATURE", max_length=30)

    @property
    def mail_sender(self) -> str:
        """Return the sender of letters: MAIL_FROM, else no-reply at the site's own name."""
        return self.mail_from or f"no-reply@{urlsplit(self.public_url).hostname or 'localhost'}"
