"""A field or parameter that is sent twice is refused where it is read: nobody could tell which value counts."""

import pytest

from tests.web.reader import Reader, forms


@pytest.mark.parametrize("second", ["200", "100"])
def test_a_gift_with_two_amounts_is_refused(reader: Reader, second: str) -> None:
    reader.open(reader.form_page)
    before = reader.donations()
    page = reader.send(reader.form_page, 422, custom=["100", second])
    assert "出现了不止一次" in page
    assert reader.donations() == before


def test_a_sign_in_with_two_names_is_refused(reader: Reader) -> None:
    reader.open("/console/sign-in")
    reader.send("/console/sign-in", 422, login=["ann", "bob"], password="a password")


@pytest.mark.parametrize("address", ["/c/day?sort=name&sort=raised", "/c/day/standings?by=team&by=%74eam"])
def test_a_page_that_reads_a_parameter_sent_twice_refuses_it(reader: Reader, address: str) -> None:
    refused = reader.http.get(address)
    assert refused.status_code == 422
    assert "出现了不止一次" in refused.text


def test_parameters_that_no_page_reads_may_repeat(reader: Reader) -> None:
    """Apps append their own to a link each time it is passed on."""
    assert reader.http.get("/c/day?from=timeline&from=groupmessage").status_code == 200


def test_two_languages_hide_no_page_and_no_refusal(reader: Reader) -> None:
    assert reader.http.get("/c/day?lang=en&lang=zh").status_code == 200
    assert reader.http.get("/c/day?lang=en&lang=zh&sort=name&sort=raised").status_code == 422


def test_two_tokens_of_a_donation_open_nothing(reader: Reader) -> None:
    reader.give(custom="100")
    action, fields = next(form for form in forms(reader.page.text) if "token" in form[1])
    refused = reader.http.post(action, data=fields | {"token": [fields["token"], "another"]})
    assert refused.status_code == 422
