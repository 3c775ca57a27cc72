"""Keys that open what they should not, or do not say what they are."""

from app.domain import api_keys
from app.http import errors, exchange, security
from app.services import key_memory, key_readings, keys, scopes
from gate.mutants.planting import instead_of, killed_by, put_in_place

DEAD = "test_matrix.py::test_a_dead_credential_opens_nothing"
CLOSED = "test_matrix.py::test_a_sandbox_is_closed_to_everybody_else"


@killed_by(DEAD)
def a_bad_key_is_nobody() -> None:
    """A key that is not valid is taken for none, where none is needed."""

    @instead_of(exchange.Exchange, "refuse_credential")
    def refuse_credential(original, self, refusal):
        return None


@killed_by(DEAD)
def revoked_keys_open_everything() -> None:
    """A key that was revoked is still found in the database."""
    statement = key_readings._STANDING._generate()
    statement._where_criteria = statement._where_criteria[:1]
    put_in_place(key_readings, "_STANDING", statement)


@killed_by(DEAD)
def expired_keys_open_everything() -> None:
    """The expiry of a key is not looked at."""

    @instead_of(key_readings, "is_over")
    def is_over(original, expires_at):
        return False


@killed_by(DEAD)
def a_sandbox_key_is_a_live_one_too() -> None:
    """A key of a sandbox is taken under a live key's prefix."""

    for name in ("is_well_formed", "hash_of"):

        @instead_of(api_keys, name)
        def judged(original, text):
            return original(text.replace("pk_live_", "pk_test_", 1))


@killed_by("test_witnesses.py::test_a_rotated_key_keeps_its_name_its_scopes_and_its_expiry")
def a_revocation_is_not_told() -> None:
    """A key that was rotated is believed for a minute by whoever remembers it."""
    put_in_place(key_memory, "GOOD_FOR", 60.0)

    @instead_of(key_memory, "forget")
    def forget(original, *args, **kwargs):
        return None


@killed_by(f"{CLOSED}[createApiKey]")
def scopes_are_not_enforced() -> None:
    """A key may do what its scopes lack."""

    @instead_of(security, "refusal")
    def refusal(original, identity, operation, needed):
        return original(identity, operation, frozenset())


@killed_by("test_witnesses.py::test_a_scope_beyond_the_plan_is_a_403")
def any_plan_includes_every_scope() -> None:
    """A key may be made with scopes that the operator's plan does not include."""

    @instead_of(scopes, "beyond")
    def beyond(original, plan, wanted):
        return []


@killed_by("test_witnesses.py::test_a_key_cannot_rotate_or_delete_itself")
def a_key_may_delete_itself() -> None:
    """A key may rotate and delete itself, and lock its project out."""

    @instead_of(keys, "_refuse_own")
    def refuse_own(original, caller, key_id):
        return None


@killed_by("test_witnesses.py::test_a_rotated_key_keeps_its_name_its_scopes_and_its_expiry")
def a_401_names_no_challenge() -> None:
    """A 401 comes without WWW-Authenticate."""

    @instead_of(errors, "_header_values")
    def header_values(original, error, refusal):
        kept = original(error, refusal)
        return {name: value for name, value in kept.items() if name != "WWW-Authenticate"}

    put_in_place(errors._DEFAULT_HEADERS, errors._UNAUTHORIZED, {})
