"""How keys are shown."""

from uuid import UUID

from app.models import ApiKey
from app.presenters import keys
from tests.conftest import EVENING

KEY_ID = UUID("019d498e-f980-7181-a54c-66175d9dc9f8")

KEY = ApiKey(
    id=KEY_ID,
    name="Sales",
    scopes=["agent:act"],
    last_four="k7Qm",
    created_at=EVENING,
    key_hash="secret hash",
)


def test_a_key_is_shown_without_its_text_and_hash_and_without_what_never_happened() -> None:
    assert keys.present(KEY) == {
        "id": str(KEY_ID),
        "name": "Sales",
        "scopes": ["agent:act"],
        "last_four": "k7Qm",
        "created_at": "2026-11-22T18:30:00Z",
    }


def test_a_new_keys_text_is_shown_where_there_is_one() -> None:
    assert keys.present_new(KEY, "pk_live_x")["key"] == "pk_live_x"
    assert "key" not in keys.present_new(KEY, None)
