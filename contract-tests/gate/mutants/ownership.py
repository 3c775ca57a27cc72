"""Things of others that can be seen, used or changed."""

from sqlalchemy import select

from app.models import ApiKey, Lot, Quote, Webhook
from app.services import (
    audit_lists,
    keys,
    operator_lots,
    quotes,
    refunds,
    session_facts,
    sessions,
    traces,
    webhooks,
)
from gate.mutants.planting import instead_of, killed_by

CLOSED = "test_matrix.py::test_a_sandbox_is_closed_to_everybody_else"
LIVE = "test_matrix.py::test_a_live_session_is_its_makers_and_the_lots_operators"


@killed_by(f"{LIVE}[getSession]")
def anybody_sees_a_live_session() -> None:
    """A live session is shown to whoever knows its id."""

    @instead_of(session_facts, "may_see")
    def may_see(original, caller, session):
        return caller.project is not None


@killed_by("test_matrix.py::test_the_clients_secret_is_for_the_project_that_made_the_session")
def the_operator_sees_the_clients_secret() -> None:
    """The secret that authorises a payment is shown to the lot's operator as well."""

    @instead_of(session_facts, "facts")
    def facts(original, session, *, caller, **known):
        maker = session_facts.SessionFacts.__dataclass_fields__
        made = original(session, caller=caller, **known)
        return type(made)(**{name: getattr(made, name) for name in maker} | {"shows_secret": True})


@killed_by("test_witnesses.py::test_a_wrong_session_code_is_a_404")
def any_session_code_will_do() -> None:
    """A session is ended and extended without its code being compared."""

    @instead_of(sessions, "_coded")
    def coded(original, db, caller, session_id, session_code):
        return session_facts.visible(db, caller, session_id, lock=True)


@killed_by(f"{LIVE}[createRefund]")
def whoever_parks_may_give_the_money_back() -> None:
    """Another operator's money is given back by whoever made the session."""

    @instead_of(refunds, "_require_own")
    def require_own(original, caller, session):
        return None


@killed_by(f"{LIVE}[setRates]")
def lots_of_others_can_be_changed() -> None:
    """An operator changes the lots of any other in its world."""

    @instead_of(operator_lots, "_theirs")
    def theirs(original, caller, lot_id):
        standing = Lot.deleted_at.is_(None), Lot.world_id == caller.project.world_id
        return select(Lot).where(Lot.id == lot_id, *standing)


@killed_by(f"{CLOSED}[rotateApiKey]")
def keys_of_others_can_be_rotated() -> None:
    """A key of another project is rotated by whoever knows its id."""

    @instead_of(keys, "_standing")
    def standing(original, db, caller, key_id):
        found = db.get(ApiKey, key_id)
        return original(db, caller, key_id) if found is None or found.revoked_at is not None else found


@killed_by(f"{CLOSED}[pingWebhook]")
def webhooks_of_others_can_be_used() -> None:
    """A webhook of another project is pinged, changed and deleted by whoever knows its id."""

    @instead_of(webhooks, "_theirs")
    def theirs(original, caller, webhook_id):
        return select(Webhook).where(Webhook.id == webhook_id, Webhook.deleted_at.is_(None))


@killed_by(f"{CLOSED}[getTrace]")
def traces_of_others_can_be_read() -> None:
    """A request of another operator is shown to whoever knows its id."""

    @instead_of(traces, "get")
    def get(original, caller, request_id):
        return traces.find(request_id) or original(caller, request_id)


@killed_by("test_quotes.py::test_a_quote_that_does_not_fit_is_refused_by_its_name[REST]")
def quotes_of_others_can_be_used() -> None:
    """Another project's quote is taken, and so is one of another world."""

    @instead_of(quotes, "_visible")
    def visible(original, db, caller, quote_id):
        return db.get(Quote, quote_id) or original(db, caller, quote_id)


@killed_by("test_audit_log.py::test_the_log_of_a_project_is_looked_for_and_no_other_operators_is_found")
def the_log_of_others_can_be_read() -> None:
    """The audit log is narrowed to what is asked for, but not to whom it belongs."""

    @instead_of(audit_lists, "_page")
    def page(original, db, project, wanted, window):
        found = list(db.scalars(audit_lists.NEWEST.newest(wanted, window)))
        return window.page(found, audit_lists._mark)

    @instead_of(audit_lists, "_shown")
    def shown(original, db, project, asked):
        return [] if asked is None else [audit_lists._of([asked])]
