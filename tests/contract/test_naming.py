"""From an operation to the function that serves it."""

import pytest

from app.contract.naming import handler_of, snake_case


@pytest.mark.parametrize(
    ("operation_id", "function"),
    [
        ("dispatchAction", "dispatch_action"),
        ("getLot", "get_lot"),
        ("redeliver", "redeliver"),
        ("listLotsGeoJson", "list_lots_geo_json"),
    ],
)
def test_functions_are_named_like_their_operation(operation_id: str, function: str) -> None:
    assert snake_case(operation_id) == function


def test_the_first_tag_names_the_module() -> None:
    handler = handler_of(operation_id="dispatchAction", tag="agents")
    assert (handler.module, handler.function) == ("handlers.agents", "dispatch_action")
