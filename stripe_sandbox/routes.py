"""Which request asks for what: method and path, the SDK's params type, the function that answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stripe_sandbox import (
    accounts,
    authorizations,
    captures,
    charges,
    contract,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    refunds,
    transfers,
    webhook_endpoints,
)
from stripe_sandbox.contract import Asked
from stripe_sandbox.forms import Form
from stripe_sandbox.refusals import Invalid, Refusal, Thing

Handler = Callable[..., Thing]
"""Takes the world, the checked parameters and, where the path has one, an id."""


ALL = "*"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of Stripe's API."""

    method: str
    path: str
    params: str
    handler: Handler
    models: str = ALL
    """The parameters that are acted on; any other that Stripe knows is refused, rather than ignored."""
    publishable: bool = False
    """A browser's key may ask for it."""

    def read(self, form: Form) -> Asked:
        """Check the parameters; raise Invalid."""
        asked = contract.read(self.params, form)
        modelled = asked.keys() if self.models == ALL else {"expand", *self.models.split()}
        for name in sorted(asked.keys() - modelled):
            message = f"The payment sandbox does not model {name}; leave it out."
            raise Invalid(message, code="sandbox_does_not_model", param=name)
        return asked


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """Return the route of a request and the ids in its path; refuse with 404."""
    for route in ROUTES:
        told = re.fullmatch(route.path, path)
        if told and route.method == method:
            return route, told.groups()
    raise Refusal(f"Unrecognized request URL ({method}: {path}).", status=404)


_INTENT = "/v1/payment_intents"
_METHOD = "/v1/payment_methods"
_ENDPOINT = "/v1/webhook_endpoints"
_ID = r"/(\w+)"

_INTENT_CREATE = """
    allowed_payment_method_types amount application_fee_amount automatic_payment_methods capture_method
    confirm currency customer description error_on_requires_action metadata off_session on_behalf_of
    payment_method payment_method_options receipt_email return_url setup_future_usage statement_descriptor
    statement_descriptor_suffix transfer_data transfer_group
"""
_INTENT_UPDATE = """
    amount application_fee_amount capture_method currency customer description metadata payment_method
    payment_method_options receipt_email setup_future_usage statement_descriptor
    statement_descriptor_suffix transfer_group
"""
_INTENT_CONFIRM = """
    error_on_requires_action off_session payment_method receipt_email return_url setup_future_usage
"""
_INTENT_CAPTURE = "amount_to_capture application_fee_amount final_capture metadata"
_INTENT_INCREMENT = "amount application_fee_amount metadata"
_METHOD_CREATE = "billing_details card metadata type"
_REFUND = "amount charge metadata payment_intent reason refund_application_fee reverse_transfer"
_PAGE = "ending_before limit starting_after"
_LIST = f"{_PAGE} created"

ROUTES = (
    Route("POST", _INTENT, "PaymentIntentCreateParams", payment_intents.create, _INTENT_CREATE),
    Route("GET", _INTENT, "PaymentIntentListParams", payment_intents.page, f"{_LIST} customer"),
    Route("GET", _INTENT + _ID, "PaymentIntentRetrieveParams", payment_intents.retrieve, publishable=True),
    Route("POST", _INTENT + _ID, "PaymentIntentUpdateParams", payment_intents.update, _INTENT_UPDATE),
    Route(
        "POST",
        f"{_INTENT}{_ID}/confirm",
        "PaymentIntentConfirmParams",
        authorizations.confirm,
        _INTENT_CONFIRM,
        publishable=True,
    ),
    Route(
        "POST",
        f"{_INTENT}{_ID}/increment_authorization",
        "PaymentIntentIncrementAuthorizationParams",
        authorizations.increment,
        _INTENT_INCREMENT,
    ),
    Route(
        "POST",
        f"{_INTENT}{_ID}/capture",
        "PaymentIntentCaptureParams",
        captures.capture,
        _INTENT_CAPTURE,
    ),
    Route("POST", f"{_INTENT}{_ID}/cancel", "PaymentIntentCancelParams", captures.cancel),
    Route("POST", "/v1/refunds", "RefundCreateParams", refunds.create, _REFUND),
    Route("GET", "/v1/refunds", "RefundListParams", refunds.page, f"{_LIST} charge payment_intent"),
    Route("GET", "/v1/refunds" + _ID, "RefundRetrieveParams", refunds.retrieve),
    Route("GET", "/v1/disputes", "DisputeListParams", disputes.page, f"{_LIST} charge payment_intent"),
    Route("GET", "/v1/disputes" + _ID, "DisputeRetrieveParams", disputes.retrieve),
    Route("POST", "/v1/disputes" + _ID, "DisputeUpdateParams", disputes.update, "evidence metadata submit"),
    Route("POST", f"/v1/disputes{_ID}/close", "DisputeCloseParams", disputes.close),
    Route("POST", "/v1/customers", "CustomerCreateParams", customers.create),
    Route("GET", "/v1/customers", "CustomerListParams", customers.page, f"{_LIST} email"),
    Route("GET", "/v1/customers" + _ID, "CustomerRetrieveParams", customers.retrieve),
    Route(
        "POST",
        _METHOD,
        "PaymentMethodCreateParams",
        payment_methods.create,
        _METHOD_CREATE,
        publishable=True,
    ),
    Route("GET", _METHOD, "PaymentMethodListParams", payment_methods.page, f"{_PAGE} customer"),
    Route("GET", _METHOD + _ID, "PaymentMethodRetrieveParams", payment_methods.retrieve),
    Route("POST", f"{_METHOD}{_ID}/attach", "PaymentMethodAttachParams", payment_methods.attach, "customer"),
    Route("GET", "/v1/charges", "ChargeListParams", charges.page, f"{_LIST} customer payment_intent"),
    Route("GET", "/v1/charges" + _ID, "ChargeRetrieveParams", charges.retrieve),
    Route("GET", "/v1/transfers", "TransferListParams", transfers.page, f"{_LIST} destination"),
    Route("GET", "/v1/transfers" + _ID, "TransferRetrieveParams", transfers.retrieve),
    Route("GET", "/v1/application_fees", "ApplicationFeeListParams", transfers.page_fees, f"{_LIST} charge"),
    Route("GET", "/v1/application_fees" + _ID, "ApplicationFeeRetrieveParams", transfers.retrieve_fee),
    Route("POST", "/v1/accounts", "AccountCreateParams", accounts.create),
    Route("GET", "/v1/accounts", "AccountListParams", accounts.page, _LIST),
    Route("GET", "/v1/accounts" + _ID, "AccountRetrieveParams", accounts.retrieve),
    Route(
        "POST",
        "/v1/account_links",
        "AccountLinkCreateParams",
        accounts.create_link,
        "account refresh_url return_url type",
    ),
    Route("POST", _ENDPOINT, "WebhookEndpointCreateParams", webhook_endpoints.create),
    Route("GET", _ENDPOINT, "WebhookEndpointListParams", webhook_endpoints.page, _PAGE),
    Route("GET", _ENDPOINT + _ID, "WebhookEndpointRetrieveParams", webhook_endpoints.retrieve),
    Route("GET", "/v1/events", "EventListParams", events.page, f"{_LIST} type"),
    Route("GET", "/v1/events" + _ID, "EventRetrieveParams", events.retrieve),
)
