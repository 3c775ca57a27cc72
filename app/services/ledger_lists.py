"""The ledger as operators read it: their own account, page by page or as a file, and what they are owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app import database
from app.domain.bookmarks import Bookmark
from app.domain.callers import Caller, ProjectRef
from app.domain.money import Money
from app.models import LedgerEntry
from app.presenters.pages import Page
from app.services import projects
from app.services.timelines import Timeline, Window

NEWEST = Timeline(LedgerEntry.created_at, LedgerEntry.id)


@dataclass(frozen=True, slots=True)
class Filters:
    """What entries to show, each only if given."""

    session_id: UUID | None = None
    kind: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a query is narrowed by."""
        given = {LedgerEntry.session_id: self.session_id, LedgerEntry.kind: self.kind}
        return [column == value for column, value in given.items() if value is not None]


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of an operator's account, and what the operator is owed."""

    page: Page[LedgerEntry]
    balances: Sequence[Money] | None
    """By currency, after everything before the end of the window; None beyond the first page."""


def read(caller: Caller, window: Window, filters: Filters) -> Statement:
    """Return a page of the account of the caller's operator in the caller's world, newest first."""
    project = projects.of(caller)
    with database.reading() as db:
        # Adding up takes longer with each entry, so whoever reads on does not pay for it page by page.
        balances = _balances(db, project, window) if window.bookmark is None else None
        return Statement(_page(db, project, window, filters), balances)


def export(caller: Caller, window: Window, filters: Filters) -> Page[LedgerEntry]:
    """Return the same entries without what they come to."""
    with database.reading() as db:
        return _page(db, projects.of(caller), window, filters)


def _page(db: Session, project: ProjectRef, window: Window, filters: Filters) -> Page[LedgerEntry]:
    wanted = select(LedgerEntry).where(*_account_of(project), *filters.conditions())
    found = db.scalars(NEWEST.newest(wanted, window)).all()
    return window.page(found, lambda entry: Bookmark(entry.created_at, entry.id))


def _balances(db: Session, project: ProjectRef, window: Window) -> Sequence[Money]:
    wanted = (
        select(LedgerEntry.currency, func.sum(LedgerEntry.amount_minor))
        .where(*_account_of(project))
        .group_by(LedgerEntry.currency)
        .order_by(LedgerEntry.currency)
    )
    if window.before is not None:
        wanted = wanted.where(LedgerEntry.created_at < window.before)
    return [Money(int(minor), currency) for currency, minor in db.execute(wanted)]


def _account_of(project: ProjectRef) -> list[ColumnElement[bool]]:
    return [
        LedgerEntry.operator_id == project.operator_id,
        LedgerEntry.world_id == project.world_id,
        LedgerEntry.account == "operator",
    ]
