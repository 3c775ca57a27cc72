"""Lists of lots that come over the API: imported once for a key, however often they are sent.

Kept under the key are counts and the rows that could not be so; the rest of the report is read again from the
very file, which a replay brings along. So nothing that a file says is stored a second time.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.errors import BadRequest
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.presenters.inventory import ImportFacts
from app.services import idempotency, lot_files, lot_imports, lot_limits, projects
from app.services.idempotency import Answer, Claim
from app.services.lot_changes import Target
from app.services.lot_imports import NOTHING_DONE, Reading, Tally

CarryOut = Callable[..., Tally]


def take(
    caller: Caller,
    file: bytes,
    *,
    media_type: str = lot_files.CSV,
    dry_run: bool = False,
    strict: bool = False,
    once: Once | None = None,
) -> Answer[ImportFacts]:
    """Import a CSV or GeoJSON file of lots into the caller's world, as `parkgraph lots import` does.

    Raise BadRequest for a file that is no list of lots of its media type, Conflict while the first import of
    the same key runs, and for more lots than a sandbox holds, before anything is written.
    """
    project = projects.of(caller)
    most = lot_limits.most_of(project)
    target = Target(caller, project.world_id, project.operator_id, most_lots=most)
    read = partial(_read, file, media_type=media_type)
    carry_out = partial(lot_imports.carry_out, target, dry_run=dry_run, strict=strict)

    def work(claim: Claim) -> ImportFacts:
        reading = read()
        with database.transaction() as db:
            claim.enter(db, uuid7())
        return _told(reading, _go_on(claim, reading, carry_out, begun=NOTHING_DONE), dry_run=dry_run)

    def again(_: str) -> ImportFacts:
        return _told(read(), _kept(caller, once), dry_run=dry_run)

    def resume(claim: Claim, _: str) -> ImportFacts:
        reading = read()
        tally = _go_on(claim, reading, carry_out, begun=_kept(caller, once))
        return _told(reading, tally, dry_run=dry_run)

    return idempotency.perform(caller, once, work=work, again=again, resume=resume)


def _go_on(claim: Claim, reading: Reading, carry_out: CarryOut, *, begun: Tally) -> Tally:
    def note(db: Session, tally: Tally) -> None:
        claim.note(db, tally.as_json())

    tally = carry_out(reading, begun=begun, note=note)
    with database.transaction() as db:
        note(db, tally)
        claim.finish(db)
    return tally


def _told(reading: Reading, tally: Tally, *, dry_run: bool) -> ImportFacts:
    report = lot_imports.report(reading, tally)
    return ImportFacts(
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        errors=report.errors,
        warnings=report.warnings,
        ignored_columns=report.ignored_columns,
        dry_run=dry_run,
    )


def _kept(caller: Caller, once: Once | None) -> Tally:
    progress = idempotency.progress(caller, once)
    return NOTHING_DONE if progress is None else Tally.from_json(progress)


def _read(file: bytes, *, media_type: str) -> Reading:
    try:
        return lot_imports.read(file, media_type=media_type)
    except BadRequest as refusal:
        raise BadRequest.of("body", refusal.message) from None
