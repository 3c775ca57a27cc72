"""What is written down wrongly, or not at all: logs, traces, files, events, lists."""

import dataclasses

from app.gateways import stripe_events
from app.http import observation
from app.presenters import audit as audit_presenters
from app.services import session_audit, session_lists
from app.services.timelines import Timeline, Window
from gate.mutants.planting import instead_of, killed_by
from handlers import audit as audit_handlers

EVENING = "test_audit_log.py::test_the_vail_evening_leaves_what_the_contract_shows_of_it"
NEXT_PAGE = "test_lists.py::test_a_page_leads_to_another_one_that_begins_where_it_ended[listSessions]"


@killed_by("test_audit_log.py::test_what_a_driver_authorised_on_a_device_is_told_by_stripe")
def a_change_of_a_session_is_not_logged() -> None:
    """What becomes of a session no longer stands in the audit log."""

    @instead_of(session_audit, "append")
    def append(original, db, *told):
        return None


@killed_by(EVENING)
def a_plate_stands_in_the_log() -> None:
    """The audit log, which nobody can change, keeps the plate of a car."""

    @instead_of(session_audit, "append")
    def append(original, db, *told):
        *facts, diff = told
        original(db, *facts, {**diff, "plate": "CO-7891"})


@killed_by("test_traces.py::test_a_refusal_is_traced_under_its_code[NOT_FOUND]")
def every_trace_says_that_all_went_well() -> None:
    """A request that was refused is traced as one that was answered."""

    @instead_of(observation, "_outcome")
    def outcome(original, exchange):
        return 200


@killed_by("test_audit_log.py::test_a_lots_file_goes_on_where_its_link_leads")
def cells_of_a_file_are_not_quoted() -> None:
    """A cell of a CSV file that holds a comma becomes several."""

    @instead_of(audit_handlers, "as_csv")
    def as_csv(original, entries):
        lines = [audit_presenters.COLUMNS, *map(audit_presenters._cells, entries)]
        return "".join(
            ",".join(str(cell or "").replace('"', "'") for cell in line) + "\r\n" for line in lines
        )


@killed_by(NEXT_PAGE)
def a_page_skips_a_row() -> None:
    """The next page of a list begins one row too late."""

    @instead_of(Window, "page")
    def page(original, self, found, mark):
        made = original(self, found, mark)
        return made if made.next_cursor is None else type(made)(made.entries, str(mark(found[self.limit])))


@killed_by("test_lists.py::test_a_list_keeps_to_its_period[listLedgerEntries-after-before]")
def a_list_goes_beyond_its_period() -> None:
    """The end of the period that a list is asked for is not looked at."""

    @instead_of(Timeline, "_within")
    def within(original, self, window):
        return original(self, dataclasses.replace(window, before=None))


@killed_by("test_lives.py::test_every_life_is_listed_and_found_by_its_plate")
def plates_are_found_only_as_they_are_written() -> None:
    """A plate is not found where it was written with other spaces or dashes."""

    @instead_of(session_lists.plates, "normalise")
    def normalise(original, plate):
        return plate.upper()


@killed_by("test_witnesses.py::test_an_event_counts_only_with_a_fresh_signature_of_ours")
def anybody_may_speak_for_the_processor() -> None:
    """The signature of an event is not checked."""

    @instead_of(stripe_events, "_is_signed")
    def is_signed(original, text, signature, secret):
        return True
