"""Stripe's published test cards, and what each does (docs.stripe.com/testing)."""

from dataclasses import dataclass

APPROVED = "approved"
CHALLENGED = "challenged"
"""The driver has to authenticate at every payment."""
CHALLENGED_UNTIL_SAVED = "challenged_until_saved"
"""The driver has to authenticate, unless the card was saved with an authenticated payment before."""
REFUND_FAILS = "refund_fails"
"""A refund succeeds at first, and fails some time later."""
DISPUTED = "disputed"
"""Its holder disputes what was taken as fraudulent, at once."""
INQUIRED = "inquired"
"""Its bank asks what was taken for, without taking it back."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card number that stands for a behaviour: one of the words above, or the name of a decline."""

    number: str
    brand: str
    behaviour: str = APPROVED
    funding: str = "credit"

    @property
    def last4(self) -> str:
        """Return the digits that may be shown."""
        return self.number[-4:]


@dataclass(frozen=True, slots=True)
class Decline:
    """How a card is refused."""

    code: str
    decline_code: str
    message: str


DECLINES = {
    "generic_decline": Decline("card_declined", "generic_decline", "Your card was declined."),
    "insufficient_funds": Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": Decline("card_declined", "lost_card", "Your card was declined."),
    "stolen_card": Decline("card_declined", "stolen_card", "Your card was declined."),
    "expired_card": Decline("expired_card", "expired_card", "Your card has expired."),
    "incorrect_cvc": Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    "processing_error": Decline(
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    "authentication_required": Decline(
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}

_CARDS = (
    Card("4242424242424242", "visa"),
    Card("4000056655665556", "visa", funding="debit"),
    Card("5555555555554444", "mastercard"),
    Card("5200828282828210", "mastercard", funding="debit"),
    Card("378282246310005", "amex"),
    Card("6011111111111117", "discover"),
    Card("3056930009020004", "diners"),
    Card("3566002020360505", "jcb"),
    Card("6200000000000005", "unionpay"),
    Card("4000000000000002", "visa", "generic_decline"),
    Card("4000000000000341", "visa", "generic_decline"),
    Card("4000000000009995", "visa", "insufficient_funds"),
    Card("4000000000009987", "visa", "lost_card"),
    Card("4000000000009979", "visa", "stolen_card"),
    Card("4000000000000069", "visa", "expired_card"),
    Card("4000000000000127", "visa", "incorrect_cvc"),
    Card("4000000000000119", "visa", "processing_error"),
    Card("4000002760003184", "visa", CHALLENGED),
    Card("4000002500003155", "visa", CHALLENGED_UNTIL_SAVED),
    Card("4000000000005126", "visa", REFUND_FAILS),
    Card("4000000000000259", "visa", DISPUTED),
    Card("4000000000001976", "visa", INQUIRED),
)

BY_NUMBER = {card.number: card for card in _CARDS}

_NUMBERS_BY_TOKEN = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_mastercard_debit": "5200828282828210",
    "pm_card_amex": "378282246310005",
    "pm_card_discover": "6011111111111117",
    "pm_card_diners": "3056930009020004",
    "pm_card_jcb": "3566002020360505",
    "pm_card_unionpay": "6200000000000005",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000002760003184",
    "pm_card_threeDSecureRequired": "4000002760003184",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_refundFail": "4000000000005126",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeInquiry": "4000000000001976",
}

BY_TOKEN = {token: BY_NUMBER[number] for token, number in _NUMBERS_BY_TOKEN.items()}
"""The payment methods that exist in every test account, by their fixed name."""
