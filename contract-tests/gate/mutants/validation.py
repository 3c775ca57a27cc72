"""Requests that the contract refuses, and the server would not."""

import copy
from typing import Any

from app.domain.errors import Detail
from app.http import body, guard, parameters, schemas, wording
from app.services import lots, quotes
from gate.mutants.planting import instead_of, killed_by, put_in_place

HOSTILE = "test_hostile_bytes.py::test_every_hostile_request_has_the_one_right_answer"
OFFENDING = "test_witnesses.py::test_every_offending_field_is_named_at_once"


@killed_by(HOSTILE)
def formats_are_not_checked() -> None:
    """A string's format is no longer checked: an instant may name a day that no calendar has."""

    @instead_of(schemas, "Draft202012Validator")
    def validator(original, schema, **options):
        return original(schema, **options | {"validate_formats": False})


@killed_by(HOSTILE)
def patterns_are_not_checked() -> None:
    """A string's pattern is no longer checked: control characters and NUL reach the database."""
    _leave_out("pattern")


@killed_by(HOSTILE)
def texts_may_be_of_any_length() -> None:
    """The longest length of a text is no longer checked."""
    _leave_out("maxLength")


@killed_by(OFFENDING)
def fields_of_the_body_may_be_missing() -> None:
    """A body without a field that is required reaches the handler, which stumbles over it."""
    _leave_out("required")


@killed_by(OFFENDING)
def unknown_fields_pass() -> None:
    """A field that the body's schema lacks is let through."""

    @instead_of(schemas.PlainBody, "problems")
    def problems(original, self, value):
        return [detail for detail in original(self, value) if detail.message != wording.UNKNOWN]


@killed_by("test_witnesses.py::test_unknown_parameters_are_refused_everywhere")
def unknown_query_parameters_pass() -> None:
    """A query parameter that the operation lacks is let through."""

    @instead_of(parameters.Parameters, "_query_values")
    def query_values(original, self, query):
        return original(self, query)[0], []


@killed_by(HOSTILE)
def of_a_parameter_given_twice_the_last_counts() -> None:
    """A query parameter may be given twice, and the last one wins."""

    @instead_of(parameters.Parameters, "_query_values")
    def query_values(original, self, query):
        given, problems = original(self, query)
        return list({reader.name: (reader, text) for reader, text in given}.values()), problems


@killed_by(HOSTILE)
def numbers_are_read_as_python_reads_them() -> None:
    """Numbers in a query are read by Python's own int(), which takes 1_0, +5 and digits of any script."""

    @instead_of(parameters, "typed")
    def typed(original, text, kind):
        try:
            return int(text) if kind == "integer" else original(text, kind)
        except ValueError:
            return text


@killed_by("test_witnesses.py::test_no_body_is_larger_than_a_mebibyte_or_of_another_type")
def bodies_of_any_type_are_read_as_json() -> None:
    """The Content-Type of a body is not looked at."""

    @instead_of(body, "_parsed")
    def parsed(original, exchange, headers, operation, *, charset):
        exchange.media_type = operation.body_media_types[0]
        return original(exchange, headers, operation, charset=charset)


@killed_by("test_witnesses.py::test_no_body_is_larger_than_a_mebibyte_or_of_another_type")
def bodies_may_be_larger() -> None:
    """A body may be eight times as large as the contract says."""
    put_in_place(body, "LARGEST", body.MOST_SWALLOWED)


@killed_by("test_witnesses.py::test_no_operation_answers_what_nobody_accepts")
def whatever_is_accepted_is_answered_json() -> None:
    """The Accept header is not looked at."""

    @instead_of(guard, "accepts")
    def accepts(original, accept, media_types):
        return True


@killed_by("test_witnesses.py::test_half_a_position_names_the_missing_half[place0-lng]")
def half_a_position_is_one_on_the_equator() -> None:
    """Of a search with a latitude alone the longitude is taken for 0."""

    @instead_of(lots, "_position")
    def position(original, lat, lng, address):
        return original(lat, lng, address) if lat is None and lng is None else (lat or 0.0, lng or 0.0)


@killed_by("test_quotes.py::test_a_window_in_the_past_or_too_far_ahead_is_a_400[2099-01-01T00:00:00Z]")
def any_window_is_quoted() -> None:
    """A quote is given for a window that is over, or lies decades ahead."""

    @instead_of(quotes.rules, "window_start")
    def window_start(original, asked, *, now):
        return asked or now


@killed_by(OFFENDING)
def refusals_name_no_field() -> None:
    """A 400 says what is wrong, but no longer in which field."""

    for module in (parameters, schemas):

        @instead_of(module, "details")
        def details(original, errors, *, root):
            return [Detail("", detail.message) for detail in original(errors, root=root)]


def _leave_out(keyword: str) -> None:
    """Compile every schema without a keyword."""

    @instead_of(schemas.Schemas, "__init__")
    def initialise(original, self, contract):
        original(self, contract)
        lenient = _without(copy.deepcopy(contract.document), keyword)
        self._registry = schemas.Registry([(schemas._DOCUMENT, lenient)], draft=schemas.Draft202012)


def _without(node: Any, keyword: str) -> Any:
    if isinstance(node, dict):
        is_schema = isinstance(node.get("type"), str | list)
        return {
            name: _without(part, keyword)
            for name, part in node.items()
            if not (is_schema and name == keyword)
        }
    return [_without(part, keyword) for part in node] if isinstance(node, list) else node
