"""The operations by noun, for programs that wait for several things at once."""

from parkgraph.async_resources.agent_access import AsyncAgentAccessResource
from parkgraph.async_resources.agents import AsyncAgentsResource
from parkgraph.async_resources.audit import AsyncAuditResource
from parkgraph.async_resources.availability import AsyncAvailabilityResource
from parkgraph.async_resources.disputes import AsyncDisputesResource
from parkgraph.async_resources.events import AsyncEventsResource
from parkgraph.async_resources.inventory import AsyncInventoryResource
from parkgraph.async_resources.keys import AsyncKeysResource
from parkgraph.async_resources.ledger import AsyncLedgerResource
from parkgraph.async_resources.lots import AsyncLotsResource
from parkgraph.async_resources.payments import AsyncPaymentsResource
from parkgraph.async_resources.payout_accounts import AsyncPayoutAccountsResource
from parkgraph.async_resources.projects import AsyncProjectsResource
from parkgraph.async_resources.rates import AsyncRatesResource
from parkgraph.async_resources.refunds import AsyncRefundsResource
from parkgraph.async_resources.sandbox import AsyncSandboxResource
from parkgraph.async_resources.sessions import AsyncSessionsResource
from parkgraph.async_resources.status import AsyncStatusResource
from parkgraph.async_resources.traces import AsyncTracesResource
from parkgraph.async_resources.webhooks import AsyncWebhooksResource
from parkgraph.resource import AsyncSender


class AsyncResources:
    """The operations by noun, for programs that wait for several things at once."""

    def __init__(self, send: AsyncSender) -> None:
        self.agents = AsyncAgentsResource(send)
        self.lots = AsyncLotsResource(send)
        self.availability = AsyncAvailabilityResource(send)
        self.rates = AsyncRatesResource(send)
        self.sessions = AsyncSessionsResource(send)
        self.refunds = AsyncRefundsResource(send)
        self.inventory = AsyncInventoryResource(send)
        self.agent_access = AsyncAgentAccessResource(send)
        self.keys = AsyncKeysResource(send)
        self.audit = AsyncAuditResource(send)
        self.ledger = AsyncLedgerResource(send)
        self.disputes = AsyncDisputesResource(send)
        self.payout_accounts = AsyncPayoutAccountsResource(send)
        self.projects = AsyncProjectsResource(send)
        self.webhooks = AsyncWebhooksResource(send)
        self.events = AsyncEventsResource(send)
        self.traces = AsyncTracesResource(send)
        self.sandbox = AsyncSandboxResource(send)
        self.payments = AsyncPaymentsResource(send)
        self.status = AsyncStatusResource(send)
