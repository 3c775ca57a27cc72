"""Where operators are paid."""

from parkgraph.calls import call, optional
from parkgraph.models import PayoutAccountLink
from parkgraph.operations import CREATE_PAYOUT_ACCOUNT_LINK
from parkgraph.readings import inside
from parkgraph.resource import AsyncResource


class AsyncPayoutAccountsResource(AsyncResource):
    """Where operators are paid."""

    async def create_payout_account_link(
        self, *, country: str | None = None, idempotency_key: str | None = None
    ) -> PayoutAccountLink:
        """Link to your payout account's forms.

        Opens your account at the payment processor if there is none, and answers a link, good for minutes, to
        where it asks what it has to know of you. Once it takes payments your share of each new session is
        paid into it; until then it is owed. A sandbox's operator with other projects gets a 409.

        Args:
            country: Where the operator is (ISO 3166-1), for good.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                CREATE_PAYOUT_ACCOUNT_LINK,
                inside("payout_account_link", PayoutAccountLink),
                body=optional(country=country),
                idempotency_key=idempotency_key,
            )
        )
