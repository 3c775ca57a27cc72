"""What changed since the released contract: the version says it, and so does the developers' changelog."""

from app.contract.changes import releases
from app.contract.changes.releases import Shelf
from app.contract.document import Contract
from gate.figures import Figures


def test_the_version_follows_from_what_changed_since_the_release(
    contract: Contract, figures: Figures
) -> None:
    shelf = Shelf.here()
    found = releases.since(contract, shelf=shelf)
    figures.say("changes", found.tally)
    assert found.objection is None
    assert releases.stale(found, shelf=shelf) == []
