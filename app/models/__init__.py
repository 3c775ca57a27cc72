"""Tables: columns and constraints, no rules."""

from app.models.agents import Agent
from app.models.audit import AuditCheckpoint, AuditEntry, AuditSeal
from app.models.availability import LotAvailability
from app.models.base import Base
from app.models.disputes import Dispute
from app.models.idempotency import IdempotencyKey
from app.models.installations import Installation
from app.models.keys import ApiKey
from app.models.ledger import LedgerEntry
from app.models.lots import Lot
from app.models.mails import Mail
from app.models.occupancy import OccupancyHour
from app.models.operators import Operator, Project
from app.models.payments import Hold, PaymentOperation, StripeEvent
from app.models.payout_accounts import PayoutAccount
from app.models.persons import Person
from app.models.quotes import Quote
from app.models.rates import Tariff
from app.models.reconciliation import LookBack, StrayPayment
from app.models.refunds import Refund
from app.models.sessions import ParkingSession
from app.models.traces import TraceRecord
from app.models.webhooks import Delivery, DeliveryAttempt, Event, Webhook

__all__ = [
    "Agent",
    "ApiKey",
    "AuditCheckpoint",
    "AuditEntry",
    "AuditSeal",
    "Base",
    "Delivery",
    "DeliveryAttempt",
    "Dispute",
    "Event",
    "Hold",
    "IdempotencyKey",
    "Installation",
    "LedgerEntry",
    "LookBack",
    "Lot",
    "LotAvailability",
    "Mail",
    "OccupancyHour",
    "Operator",
    "ParkingSession",
    "PaymentOperation",
    "PayoutAccount",
    "Person",
    "Project",
    "Quote",
    "Refund",
    "StrayPayment",
    "StripeEvent",
    "Tariff",
    "TraceRecord",
    "Webhook",
]
