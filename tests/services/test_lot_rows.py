"""A row is understood field by field, and everything that is wrong with it is said at once."""

from typing import Any

import pytest

from app.domain.money import Money
from app.services import lot_rows
from app.services.lot_files import Fault, Row
from app.services.lot_rows import Draft, Understood

CITADEL = {
    "external_id": "106_CITA",
    "name": "Garage Citadel",
    "city": "Assen",
    "lat": "52.9975282",
    "lng": "6.5669367",
    "type": "garage",
    "capacity": "550",
    "time_zone": "Europe/Amsterdam",
    "currency": "EUR",
}


def understand(**texts: str) -> Understood:
    row = Row(7, CITADEL | texts)
    return lot_rows.understand(row, frozenset(row.texts))


def draft(**texts: str) -> Draft:
    understood = understand(**texts)
    assert understood.draft is not None, understood.faults
    return understood.draft


def faults(**texts: str) -> list[tuple[str, str]]:
    understood = understand(**texts)
    assert understood.draft is None
    return [(fault.field, fault.reason) for fault in understood.faults]


def test_a_row_becomes_the_columns_that_its_file_has_and_no_others() -> None:
    assert draft() == Draft(
        7,
        {
            "external_id": "106_CITA",
            "name": "Garage Citadel",
            "city": "Assen",
            "lat": 52.9975282,
            "lng": 6.5669367,
            "type": "garage",
            "capacity": 550,
            "time_zone": "Europe/Amsterdam",
            "currency": "EUR",
        },
        tariff=None,
        prices_given=False,
    )


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("external_id", "", "is missing"),
        ("external_id", "x" * 101, "is longer than 100 characters"),
        ("name", "", "is missing"),
        ("name", "x" * 201, "is longer than 200 characters"),
        ("name", "Garage\x00", "holds a control character"),
        ("name", "Garage\nCitadel", "holds a control character"),
        ("city", "x" * 101, "is longer than 100 characters"),
        ("address", "x" * 301, "is longer than 300 characters"),
        ("country", "NLD", "is not a country of ISO 3166 in two capitals"),
        ("country", "nl", "is not a country of ISO 3166 in two capitals"),
        ("lat", "", "is missing"),
        ("lat", "north", "is not a number"),
        ("lat", "52,99", "is not a number"),
        ("lat", "nan", "is not a number"),
        ("lat", "inf", "is not a number"),
        ("lat", "1_0", "is not a number"),
        ("lat", "５２", "is not a number"),
        ("lat", "90.0001", "is not between -90 and 90"),
        ("lng", "", "is missing"),
        ("lng", "-180.5", "is not between -180 and 180"),
        ("lng", "1e9", "is not between -180 and 180"),
        ("type", "", "is missing"),
        ("type", "Garage", "is not one of garage, surface, p_and_r, street_paid"),
        ("capacity", "", "is missing"),
        ("capacity", "many", "is not a whole number from 1 to 1,000,000"),
        ("capacity", "0", "is not a whole number from 1 to 1,000,000"),
        ("capacity", "-5", "is not a whole number from 1 to 1,000,000"),
        ("capacity", "12.5", "is not a whole number from 1 to 1,000,000"),
        ("capacity", "9" * 30, "is not a whole number from 1 to 1,000,000"),
        ("accessible", "two", "is not a whole number from 0 to 1,000,000"),
        ("ev_charging", "-1", "is not a whole number from 0 to 1,000,000"),
        ("max_height_cm", "2.10", "is not a whole number from 1 to 10,000"),
        ("max_height_cm", "0", "is not a whole number from 1 to 10,000"),
        ("max_stay_hours", "0", "is not a whole number from 1 to 8,784"),
        ("opening_hours", "x" * 501, "is longer than 500 characters"),
        ("time_zone", "", "is missing"),
        ("time_zone", "Europe/Assen", "is not a time zone of the IANA database"),
        ("time_zone", "../../etc/passwd", "is not a time zone of the IANA database"),
        ("currency", "", "is missing"),
        ("currency", "Euro", "is not a currency of ISO 4217"),
        ("currency", "eur", "is not a currency of ISO 4217"),
        ("tax_rate", "21%", "is not a percentage such as 4.9"),
        ("accessible", "551", "is more than the capacity"),
        ("ev_charging", "551", "is more than the capacity"),
        ("amenities", "covered;!", "is not a list of amenities such as covered; ev_charging"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_the_reason(field: str, text: str, reason: str) -> None:
    assert faults(**{field: text}) == [(field, reason)]


def test_all_faults_of_a_row_are_named_in_the_order_of_its_fields() -> None:
    assert [field for field, _ in faults(currency="", lat="north", name="", capacity="?")] == [
        "name",
        "lat",
        "capacity",
        "currency",
    ]


@pytest.mark.parametrize(
    ("field", "text", "column", "value"),
    [
        ("accessible", "6", "accessible_spaces", 6),
        ("accessible", "", "accessible_spaces", 0),
        ("ev_charging", "", "ev_charging_spaces", 0),
        ("max_height_cm", "210", "max_height_cm", 210),
        ("max_height_cm", "", "max_height_cm", None),
        ("max_stay_hours", "72", "max_stay_hours", 72),
        ("max_stay_hours", "", "max_stay_hours", 24),
        ("country", "NL", "country", "NL"),
        ("city", "", "city", None),
        ("lat", "-33", "lat", -33.0),
        ("tax_rate", "8.625", "tax_rate", "8.625"),
        ("tax_rate", "20.00", "tax_rate", "20"),
        ("accessible", "550", "accessible_spaces", 550),
        ("amenities", "", "amenities", []),
        ("amenities", "Covered; EV charging;covered", "amenities", ["covered", "ev_charging"]),
        ("opening_hours", "", "opening_hours", None),
        ("opening_hours", "Mo-Fr 08:00-18:00", "opening_hours", "Mo-Fr 08:00-18:00"),
        ("opening_hours", "24h", "opening_hours", "24/7"),
        ("opening_hours", "Open all year", "opening_hours", None),
    ],
)
def test_a_field_is_kept_as_lots_keep_it(field: str, text: str, column: str, value: Any) -> None:
    assert draft(**{field: text}).columns[column] == value


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("city", "", "no city"),
        ("opening_hours", "Open all year", "hours not understood"),
        ("max_height_cm", "149", "height under 150 cm"),
    ],
)
def test_a_row_that_should_be_looked_at_is_taken_with_a_warning(field: str, text: str, reason: str) -> None:
    assert understand(**{field: text}).draft is not None
    assert understand(**{field: text}).warnings == (Fault(7, field, reason),)


def test_a_skipped_row_warns_of_nothing() -> None:
    assert understand(city="", capacity="?").warnings == ()


def test_an_ordinary_row_warns_of_nothing() -> None:
    assert understand(max_height_cm="150", opening_hours="24/7").warnings == ()


# Prices


def test_prices_become_a_tariff_in_the_lots_currency() -> None:
    tariff = draft(rate="6", daily_maximum="48.00", free_minutes="30").tariff
    assert tariff is not None
    assert (tariff.hourly_rate, tariff.daily_maximum) == (Money(600, "EUR"), Money(4800, "EUR"))
    assert tariff.free_minutes == 30


def test_a_rate_alone_is_enough_and_none_is_no_tariff() -> None:
    priced, unpriced = draft(rate="2.50"), draft(rate="", daily_maximum="", free_minutes="")
    assert (priced.tariff is not None, priced.prices_given) == (True, True)
    assert (unpriced.tariff, unpriced.prices_given) == (None, True)


@pytest.mark.parametrize(
    ("prices", "field", "reason"),
    [
        ({"rate": "cheap"}, "rate", "is not an amount of money in EUR"),
        ({"rate": "1.234"}, "rate", "is not an amount of money in EUR"),
        ({"rate": "-1"}, "rate", "is not between 0.00 and 1,000,000 EUR"),
        ({"rate": "1000001"}, "rate", "is not between 0.00 and 1,000,000 EUR"),
        ({"rate": "", "daily_maximum": "5"}, "rate", "is missing, though other prices are given"),
        ({"rate": "1", "daily_maximum": "0"}, "daily_maximum", "is not between 0.01 and 1,000,000 EUR"),
        ({"rate": "1", "free_minutes": "2000"}, "free_minutes", "is not a whole number from 0 to 1,439"),
    ],
)
def test_prices_that_are_none_are_named_with_the_reason(
    prices: dict[str, str], field: str, reason: str
) -> None:
    assert faults(**prices) == [(field, reason)]


def test_a_price_in_yen_has_no_decimals() -> None:
    assert faults(currency="JPY", rate="1.5") == [("rate", "is not an amount of money in JPY")]
