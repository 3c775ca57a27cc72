"""What statements that find lots bring is read by its place, so each begins with the same columns."""

import pytest
from sqlalchemy import Select

from app.presenters.lots import AS_KEPT
from app.services import lot_statements

DIALECTS = ("sqlite", "postgresql")
STATEMENTS = {
    "one": lot_statements.one(),
    "one with owner": lot_statements.one_with_owner(),
    **{f"nearest on {name}": lot_statements.nearest(name, 2, 3, frozenset({"type"})) for name in DIALECTS},
    **{f"best on {name}": lot_statements.best(name, 2, frozenset({"type"})) for name in DIALECTS},
    **{f"within on {name}": lot_statements.within(name, 2, 3) for name in DIALECTS},
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_is_shown_of_a_lot_comes_first_and_in_order(name: str) -> None:
    statement: Select[object] = STATEMENTS[name]
    assert tuple(statement.exported_columns.keys())[: len(AS_KEPT)] == AS_KEPT
