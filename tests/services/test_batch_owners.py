"""Records that another process left: one heir takes them, and stores them before the next one may."""

import os

import pytest

from app.services import batches
from app.settings import Settings
from tests.services.test_batches import left_by_another, logged, on_disk, search

pytestmark = pytest.mark.usefixtures("db", "time")


def test_what_was_adopted_is_nobody_elses_at_once(settings: Settings) -> None:
    left = left_by_another(settings, b"{}\n")
    [batch] = [each for each in batches._batches if each.name == "agent-calls"]
    batch.adopt(untouched_for=10)
    [adopted] = on_disk(settings)
    assert adopted != left
    assert batches._age(adopted) < 10
    adopted.unlink()


def test_a_file_that_holds_no_records_holds_up_none_behind_it(settings: Settings) -> None:
    call = search()
    batches.spool()
    [file] = on_disk(settings)
    first = file.with_name(f"{'0' * 32}-00000000.jsonl")
    first.write_bytes(b"null\n")
    os.utime(first, (0, 0))
    batches.flush()
    assert logged() == [call]
    assert len(on_disk(settings, "refused")) == 1
