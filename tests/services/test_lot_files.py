"""A list of lots is read row by row, and a bad row costs no other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import BadRequest
from app.services import lot_files
from app.services.lot_files import NEEDED, Fault

HEADER = ",".join(NEEDED)
CITADEL = "a1,Garage Citadel,52.99,6.56,garage,550,Europe/Amsterdam,EUR"
TRIADE = "a2,Garage Triade,52.99,6.57,garage,300,Europe/Amsterdam,EUR"


def table(*lines: str | bytes, header: str = HEADER, end: bytes = b"\n") -> lot_files.Table:
    written = [line if isinstance(line, bytes) else line.encode() for line in (header, *lines)]
    return lot_files.read(end.join(written) + end)


def names(read: lot_files.Table) -> list[str]:
    return [row.texts["name"] for row in read.rows]


def faults(read: lot_files.Table) -> list[tuple[int, str]]:
    return [(fault.line, fault.reason) for fault in read.faults]


# What a file was announced as


@pytest.mark.parametrize(
    ("content", "announced", "problem"),
    [
        (b'{"type": "FeatureCollection", "features": []}', lot_files.CSV, "is JSON"),
        (f"{HEADER}\n{CITADEL}".encode(), lot_files.GEOJSON, "is no JSON object"),
        (b"[]", lot_files.GEOJSON, "is no JSON object"),
    ],
)
def test_a_file_that_is_not_what_it_was_announced_as_is_refused(
    content: bytes, announced: str, problem: str
) -> None:
    with pytest.raises(BadRequest, match=f"sent as {re.escape(announced)}, but {problem}"):
        lot_files.read(content, media_type=announced)


def test_a_file_that_is_what_it_was_announced_as_is_read() -> None:
    assert names(lot_files.read(f"{HEADER}\n{CITADEL}".encode(), media_type=lot_files.CSV))
    assert names(lot_files.read(document(feature(name="Triade")), media_type=lot_files.GEOJSON))


# CSV


def test_rows_know_their_lines_and_their_columns() -> None:
    read = table(CITADEL, "", TRIADE)
    assert [(row.line, row.texts["external_id"]) for row in read.rows] == [(2, "a1"), (4, "a2")]
    assert read.columns == set(NEEDED)
    assert not read.faults


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_ending_is_read(end: bytes) -> None:
    assert names(table(CITADEL, TRIADE, end=end)) == ["Garage Citadel", "Garage Triade"]


def test_columns_come_in_any_order_with_spaces_capitals_and_a_byte_order_mark() -> None:
    header = "\ufeff Name ,EXTERNAL_ID,lat,lng,type,capacity,time_zone,currency,note"
    read = table("Garage Citadel , a1 ,52.99,6.56,garage,550,Europe/Amsterdam,EUR,x", header=header)
    assert [(row.texts["name"], row.texts["external_id"]) for row in read.rows] == [("Garage Citadel", "a1")]


def test_names_may_hold_commas_and_quotation_marks() -> None:
    read = table(
        CITADEL.replace("Garage Citadel", '"Garage ""The Wall"", P1"'), CITADEL.replace("Gar", 'Gar"')
    )
    assert names(read) == ['Garage "The Wall", P1', 'Gar"age Citadel']


def test_a_quoted_name_may_run_over_two_lines() -> None:
    read = table(CITADEL.replace("Garage Citadel", '"Garage\nCitadel"'), TRIADE)
    assert [(row.line, row.texts["name"]) for row in read.rows] == [
        (2, "Garage\nCitadel"),
        (4, "Garage Triade"),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("a9,too,few", "it has 3 columns instead of 8"),
        (CITADEL + ",more", "it has 9 columns instead of 8"),
        ('a9,"Garage', "its quotation marks do not match"),
        ('a9,"Gar"age,52,6,garage,5,UTC,EUR', "its quotation marks do not match"),
        (CITADEL.replace("Garage", "Café").encode("latin-1"), "it is not UTF-8"),
        (b"\xff\xfe\x00garbage", "it is not UTF-8"),
    ],
)
def test_a_bad_row_is_reported_and_the_rows_around_it_are_read(bad: str | bytes, reason: str) -> None:
    read = table(CITADEL, bad, TRIADE)
    assert names(read) == ["Garage Citadel", "Garage Triade"]
    assert list(read.faults) == [Fault(3, "row", reason)]


def test_a_forgotten_quotation_mark_does_not_swallow_the_rows_after_it() -> None:
    read = table('a9,"Garage,52,6,garage,5,UTC,EUR', CITADEL, 'a8,"Garage,52,6,garage,5,UTC,EUR', TRIADE)
    assert names(read) == ["Garage Citadel", "Garage Triade"]
    assert [line for line, _ in faults(read)] == [2, 4]


def test_rows_of_nothing_but_commas_are_blank() -> None:
    assert not table(CITADEL, ",,,,,,,", " , , ,,,,,").faults


@given(st.binary(max_size=400))
def test_no_bytes_after_the_header_are_too_strange_to_read(garbage: bytes) -> None:
    read = lot_files.read(HEADER.encode() + b"\n" + CITADEL.encode() + b"\n" + garbage)
    assert read.rows[0].texts["name"] == "Garage Citadel"


# What is no list of lots


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \n\n", "The file is empty."),
        (HEADER.encode(), "The file holds no lots."),
        (b"name,lat\nx,1\n", "lacks these columns: external_id, lng, type, capacity, time_zone, currency."),
        ((HEADER + ",name\n").encode(), "The file has these columns twice: 'name'."),
        (b"PK\x03\x04\x00\x00 a spreadsheet", "lacks these columns"),
        (b"{", "The file is not JSON"),
        (b'{"type": "Feature"}', "not a FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": 3}', "not a FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "The file holds no lots."),
        (b'{"type": "FeatureCollection", "features": ["\xff"]}', "The file is not JSON"),
    ],
)
def test_what_is_no_list_of_lots_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        lot_files.read(content)
    assert sentence in refusal.value.message
    assert "\n" not in refusal.value.message


def test_what_is_no_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(BadRequest, match="can't be read"):
            lot_files.read(path)


# GeoJSON


def feature(**properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": properties.pop("id", None),
        "geometry": {"type": "Point", "coordinates": [6.56, 52.99]},
        "properties": properties,
    }


def collection(*features: Any) -> lot_files.Table:
    return lot_files.read(json.dumps({"type": "FeatureCollection", "features": features}).encode())


def test_a_byte_order_mark_is_no_part_of_geojson_either() -> None:
    marked = "\ufeff".encode() + document(feature(name="Triade"))
    assert names(lot_files.read(marked, media_type=lot_files.GEOJSON)) == ["Triade"]


def test_a_features_properties_are_its_columns_and_its_point_its_position() -> None:
    read = collection(feature(id="a1", name="Garage Citadel", capacity=550, amenities=["covered", "cctv"]))
    assert read.rows[0].line == 1
    assert read.rows[0].texts == {
        "external_id": "a1",
        "name": "Garage Citadel",
        "capacity": "550",
        "amenities": "covered;cctv",
        "lat": "52.99",
        "lng": "6.56",
    }


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (18.0, "18"), (18.5, "18.5"), (True, "true"), (" x ", "x"), ({}, "{}")]
)
def test_values_are_read_as_a_table_would_hold_them(value: Any, shown: str) -> None:
    assert collection(feature(capacity=value)).rows[0].texts["capacity"] == shown


def test_an_external_id_among_the_properties_wins_over_the_features_own() -> None:
    assert collection(feature(id=7, external_id="a1")).rows[0].texts["external_id"] == "a1"
    assert collection(feature(id=7)).rows[0].texts["external_id"] == "7"


@pytest.mark.parametrize(
    "strange",
    [
        None,
        "x",
        {"type": "Feature"},
        feature() | {"geometry": None},
        feature() | {"geometry": {"type": "Polygon", "coordinates": []}},
        feature() | {"geometry": {"type": "Point", "coordinates": [1]}},
        feature() | {"properties": 3},
    ],
)
def test_a_feature_without_a_point_is_reported_and_the_others_are_read(strange: Any) -> None:
    read = collection(feature(name="one"), strange, feature(name="three"))
    assert names(read) == ["one", "three"]
    assert list(read.faults) == [Fault(2, "row", "it is not a feature with a point")]


# A file made to keep the server busy


def refusal_of(content: bytes) -> str:
    with pytest.raises(BadRequest) as refused:
        lot_files.read(content)
    return refused.value.message


def document(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_a_file_of_rows_that_cannot_be_read_is_given_up() -> None:
    broken = HEADER.encode() + b'\n"' * 400_000
    reason = "its quotation marks do not match"
    assert refusal_of(broken) == f"More than 1,000 rows can't be read, the first of them on line 2: {reason}."
    assert "it is not a feature with a point" in refusal_of(document(*[1] * 2_000))


def test_a_file_of_very_many_columns_is_refused() -> None:
    many = b",".join(b"column %d" % number for number in range(150_000))
    assert refusal_of(HEADER.encode() + b"," + many) == "The file has more than 200 columns."
    strange = [feature(**{f"property {number}": 1 for number in range(200)})]
    content = document(*strange)
    assert refusal_of(content) == "The file has more than 200 columns."


def test_columns_given_twice_are_named_shortly() -> None:
    long = b"x" * 5_000
    assert refusal_of(HEADER.encode() + b",%s,%s" % (long, long)) == (
        f"The file has these columns twice: '{'x' * 40}'."
    )


def test_geojson_of_very_many_lists_is_refused_before_it_is_parsed() -> None:
    empty = b'{"type":"FeatureCollection","features":[' + b"[]," * 300_000 + b"[]]}"
    assert refusal_of(empty) == "The file holds far more lists and objects than lots need."


def test_a_property_nested_deeply_costs_its_feature_only() -> None:
    features = [feature(name="one", notes="deep"), feature(name="two")]
    content = document(*features)
    read = lot_files.read(content.replace(b'"deep"', b"[" * 400 + b"]" * 400))
    assert names(read) == ["two"]
    assert list(read.faults) == [Fault(1, "row", "it is nested too deeply")]
