"""Connected accounts and links to their onboarding, over the real SDK."""

from datetime import UTC, datetime

import stripe

from app.gateways.card_payments import ConnectedAccount
from app.gateways.deadline import DeadlineClient
from app.gateways.payout_accounts import AccountLink
from app.gateways.stripe_card_payments import CLOCKS_MAY_DIFFER
from app.gateways.stripe_errors import asking
from app.gateways.stripe_snapshots import mark_of

_PAGE = 100


class StripePayoutAccounts:
    """Implement PayoutAccounts for one Stripe account."""

    def __init__(self, client: stripe.StripeClient, transport: DeadlineClient) -> None:
        self._client = client
        self._transport = transport

    def link(self, op_id: str, *, account_id: str, return_url: str) -> AccountLink:
        """Make a link to Stripe's onboarding; who comes too late is sent back to ask for another one."""
        with asking(self._transport):
            made = self._client.v1.account_links.create(
                {
                    "account": account_id,
                    "type": "account_onboarding",
                    "refresh_url": return_url,
                    "return_url": return_url,
                },
                {"idempotency_key": op_id},
            )
        return AccountLink(made.url, datetime.fromtimestamp(made.expires_at, UTC))

    def find_by_op(self, op_id: str, *, since: datetime) -> ConnectedAccount | None:
        """Find the account that was opened under an id, by its metadata."""
        since_then = int((since - CLOCKS_MAY_DIFFER).timestamp())
        with asking(self._transport):
            opened = self._client.v1.accounts.list({"created": {"gte": since_then}, "limit": _PAGE})
            for account in opened.auto_paging_iter():
                if mark_of(account) == op_id:
                    return ConnectedAccount(account.id, can_be_paid=bool(account.charges_enabled))
        return None

    def fetch(self, account_id: str) -> ConnectedAccount:
        """Return an account as it stands now."""
        with asking(self._transport):
            account = self._client.v1.accounts.retrieve(account_id)
        return ConnectedAccount(account.id, can_be_paid=bool(account.charges_enabled))
