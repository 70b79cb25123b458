"""The payment provider: its account, its methods, and its time-outs."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.process import Process
from settings.texts import Http, Words


class Payments(Process):
    stripe_secret_key: str = Field("", alias="STRIPE_SECRET_KEY", repr=False)
    stripe_webhook_secret: str = Field("", alias="STRIPE_WEBHOOK_SECRET", repr=False)
    stripe_api_base: Http | None = Field(None, alias="STRIPE_API_BASE")
    # The address of the provider's cashier, if it is at a domain of your own.
    stripe_checkout_url: Http = Field("https://checkout.stripe.com", alias="STRIPE_CHECKOUT_URL")
    stripe_methods: Words = Field(("card", "alipay", "wechat_pay"), alias="STRIPE_METHODS")
    # Which of these methods work inside WeChat's own browser; `none` if none does.
    stripe_methods_in_wechat: Words = Field(("card",), alias="STRIPE_METHODS_IN_WECHAT")
    stripe_account_currency: Annotated[str, AfterValidator(str.upper)] = Field(
        "CNY", pattern="^[A-Za-z]{3}$", alias="STRIPE_ACCOUNT_CURRENCY"
    )
    # Whether messages of the provider's test mode move money here; unset: outside production only.
    stripe_test_mode: Literal["accept", "refuse"] | None = Field(None, alias="STRIPE_TEST_MODE")
    provider_timeout_s: int = Field(8, ge=1, le=60, alias="PROVIDER_TIMEOUT_S")  # each connect and each read
    # How long after its reservation a payment may stay in a state that the provider calls under way (seconds).
    paying_most_s: int = Field(24 * 3600, ge=60, alias="PAYING_MOST_S")

    @property
    def accepts_test_mode(self) -> bool:
        return self.stripe_test_mode == "accept" or (self.stripe_test_mode is None and not self.production)

    @property
    def accepts_live_mode(self) -> bool:
        return self.production or self.sandbox or "_live_" in self.stripe_secret_key
