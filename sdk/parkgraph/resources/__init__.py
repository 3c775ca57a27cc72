"""The operations by noun."""

from parkgraph.resource import Sender
from parkgraph.resources.agent_access import AgentAccessResource
from parkgraph.resources.agents import AgentsResource
from parkgraph.resources.audit import AuditResource
from parkgraph.resources.availability import AvailabilityResource
from parkgraph.resources.disputes import DisputesResource
from parkgraph.resources.events import EventsResource
from parkgraph.resources.inventory import InventoryResource
from parkgraph.resources.keys import KeysResource
from parkgraph.resources.ledger import LedgerResource
from parkgraph.resources.lots import LotsResource
from parkgraph.resources.payments import PaymentsResource
from parkgraph.resources.payout_accounts import PayoutAccountsResource
from parkgraph.resources.projects import ProjectsResource
from parkgraph.resources.rates import RatesResource
from parkgraph.resources.refunds import RefundsResource
from parkgraph.resources.sandbox import SandboxResource
from parkgraph.resources.sessions import SessionsResource
from parkgraph.resources.status import StatusResource
from parkgraph.resources.traces import TracesResource
from parkgraph.resources.webhooks import WebhooksResource


class Resources:
    """The operations by noun."""

    def __init__(self, send: Sender) -> None:
        self.agents = AgentsResource(send)
        self.lots = LotsResource(send)
        self.availability = AvailabilityResource(send)
        self.rates = RatesResource(send)
        self.sessions = SessionsResource(send)
        self.refunds = RefundsResource(send)
        self.inventory = InventoryResource(send)
        self.agent_access = AgentAccessResource(send)
        self.keys = KeysResource(send)
        self.audit = AuditResource(send)
        self.ledger = LedgerResource(send)
        self.disputes = DisputesResource(send)
        self.payout_accounts = PayoutAccountsResource(send)
        self.projects = ProjectsResource(send)
        self.webhooks = WebhooksResource(send)
        self.events = EventsResource(send)
        self.traces = TracesResource(send)
        self.sandbox = SandboxResource(send)
        self.payments = PaymentsResource(send)
        self.status = StatusResource(send)
