"""When keys were last used, to the minute, written down behind the requests' back."""

from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from app.domain import clock
from app.models import ApiKey
from app.services.batches import Batch, Row

NOTED_EVERY = timedelta(minutes=1)


def note(key_id: UUID, *, last_used_at: datetime | None) -> None:
    """Note that a key is used now, unless that was noted within the last minute."""
    now = clock.now()
    if last_used_at is None or now - last_used_at >= NOTED_EVERY:
        _uses.add({"key_id": key_id, "at": now})


def _store(db: Session, uses: list[Row]) -> None:
    latest = {use["key_id"]: use["at"] for use in sorted(uses, key=itemgetter("at"))}
    for key_id, at in sorted(latest.items()):  # always in one order, so that two workers never wait crosswise
        older = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < at)
        db.execute(update(ApiKey).where(ApiKey.id == key_id, older).values(last_used_at=at))


_uses = Batch[Row]("key-uses", row=dict, kinds={"key_id": UUID, "at": datetime.fromisoformat}, store=_store)
