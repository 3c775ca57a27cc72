"""What createPayoutAccountLink answers, by the contract."""

import pytest

from handlers import payout_accounts
from tests.conftest import SetClock
from tests.handlers.contract import require_documented
from tests.services.world import make_world

pytestmark = pytest.mark.usefixtures("services")


def test_a_link_says_where_until_when_and_whether_it_is_needed(time: SetClock) -> None:
    answer = payout_accounts.create_payout_account_link(make_world().caller, {})
    shown = require_documented("createPayoutAccountLink", answer)["payout_account_link"]
    assert answer[1] == 201
    assert (shown["expires_at"], shown["charges_enabled"]) == ("2026-11-22T18:35:00Z", True)
