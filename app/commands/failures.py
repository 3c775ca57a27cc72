"""Say in one sentence what went wrong, and leave with a code that is not zero."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.commands.sandbox_file import SandboxFileError
from app.contract.changes.releases import ReleaseError
from app.contract.load import SpecError
from app.domain.errors import ParkGraphError
from app.domain.seals import AuditKeyError
from app.settings import SettingsError

SPEAK_FOR_THEMSELVES = (SettingsError, SpecError, ReleaseError, SandboxFileError, AuditKeyError)


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Turn everything that an operator can put right into a ClickException."""
    try:
        yield
    except ParkGraphError as refusal:
        raise click.ClickException(refusal.message) from refusal
    except SPEAK_FOR_THEMSELVES as failure:
        raise click.ClickException(str(failure)) from failure
    except SQLAlchemyError as failure:
        raise click.ClickException(
            f"The database (PARKGRAPH_DATABASE_URL) cannot be used: {_reason(failure)}"
        ) from failure
    except BrokenPipeError:
        raise  # whoever read along has seen enough; click ends quietly
    except OSError as failure:
        raise click.ClickException(_about(failure)) from failure


def _reason(failure: SQLAlchemyError) -> str:
    original = failure.orig if isinstance(failure, DBAPIError) else failure
    return str(original).strip().splitlines()[0]


def _about(failure: OSError) -> str:
    reason = failure.strerror or str(failure)
    return f"{failure.filename}: {reason}." if failure.filename else f"{reason}."
