"""Keep valid requests inside the rules that OpenAPI cannot express, and give them something to act on.

Schemathesis judges a case by its schema alone. What a schema cannot say (a latitude needs a longitude, an
expiry lies in the future, an idempotency key names one request) would make the server refuse cases that look
valid, and random ids would hide everything behind a 404. So valid cases are mended here before they are sent;
each rule has a witness that shows the refusal. Invalid cases are left alone. Most mends are not made every
time, so that unknown ids, ended sessions and declined cards are met as well.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from app.domain import plates
from gate import webhooks
from gate.stock import Stock
from gate.world import World

Values = dict[str, Any]

WORKING_CARDS = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_discover")
LEAST_FIGURE = 6
"""What the contract gives of every budget that keys are counted by."""
LOGGED = ("session.create", "session.end", "key.create", "search_parking")
_WITH_ITS_OWN_DISPATCHER = "openai"
_VAIL = {"lat": 39.6403, "lng": -106.3742}
_NORTH_AMERICA = "170,15,-50,75"
"""Across the antimeridian, with every lot of the gate's world in it."""
_LONGEST_KEY = 255
_MOST_MONEY = 1_000_000
SMALLEST_AMOUNT = 0.01
_PRICES = {"rate", "daily_maximum", "minimum_charge", "flat_fee"}
_NORTH = 30
"""Degrees: the gate's drivers are all north of it."""


class Repairs:
    """Mend the valid cases of one run."""

    def __init__(self, world: World, stock: Stock) -> None:
        self._stock = stock
        self._lots = frozenset(world.fuzzed.lots)
        self._managed_lot = world.fuzzed.special_lots["managed"]
        self._closed_lot = world.fuzzed.special_lots["closed"]
        self._own_key_id = world.fuzzed.key_id
        self._parked: set[tuple[str, str]] = set()
        self._chained = False

    def mend(
        self, operation_id: str, *, path: Values, query: Values, headers: Values, body: Any, chained: bool
    ) -> None:
        """Mend one valid request in place.

        In a chain the ids of earlier answers are left as they are; they are what the chain is about.
        """
        self._chained = chained
        if operation_id.startswith("dispatch"):
            if path.get("platform") == _WITH_ITS_OWN_DISPATCHER:  # as a registered agent may be
                path["platform"] = "gemini"
            self._mend_action(headers, body)
            return
        given = body if isinstance(body, dict) else {}
        self._name_once(headers, given)
        if mend := self._mends.get(operation_id):
            mend(self, path, query, given)

    def _mend_action(self, headers: Values, body: Values) -> None:
        parameters = body.setdefault("parameters", {})
        self._name_once(headers, parameters)
        if mend := self._mends.get(_OPERATIONS[body["action"]]):
            mend(self, parameters, parameters, parameters)

    def _name_once(self, headers: Values, body: Values) -> None:
        """A key names one request, and stands in the header or in the body."""
        if "idempotency_key" in body:
            headers.pop("Idempotency-Key", None)
            body["idempotency_key"] = self._distinct(body["idempotency_key"])
        elif "Idempotency-Key" in headers:
            headers["Idempotency-Key"] = self._distinct(headers["Idempotency-Key"])

    def _distinct(self, key: str) -> str:
        ending = f"-{self._stock.run}-{self._stock.number()}"
        return key[: _LONGEST_KEY - len(ending)] + ending

    def _usually(self) -> bool:
        return self._stock.number() % 8 != 0

    def _wants_another(self, subject_id: str) -> bool:
        return self._usually() and not (self._chained and subject_id in self._stock.known_ids)

    def _place(self, _path: Values, query: Values, _body: Values) -> None:
        """A search needs a whole position or an address."""
        if ("lat" in query) != ("lng" in query):
            query.update({name: query.get(name, value) for name, value in _VAIL.items()})
        elif "lat" not in query and "address" not in query:
            query.update(_VAIL if self._usually() else {"address": "Vail"})

    def _map(self, _path: Values, query: Values, _body: Values) -> None:
        """A box lies on the earth, its south below its north; a cursor is a lot that a page showed."""
        if "bbox" in query:
            west, south, east, north = (float(part) for part in query["bbox"].split(","))
            south, north = sorted((south % 90, north % 90))
            query["bbox"] = ",".join(f"{part:.4f}" for part in (west % 180, south, east % 180, north))
            if self._usually():
                query["bbox"] = _NORTH_AMERICA
        if "cursor" in query:
            query["cursor"] = self._stock.lot()

    def _lot(self, path: Values, _query: Values, _body: Values) -> None:
        if path["lot_id"] not in self._lots and self._wants_another(path["lot_id"]):
            path["lot_id"] = self._stock.lot()

    def _managed(self, path: Values, _query: Values, _body: Values) -> None:
        """What an operator changes is a lot apart, so that drivers find the others as they were."""
        if path["lot_id"] in self._lots | self._stock.known_ids or self._usually():
            path["lot_id"] = self._managed_lot

    def _rates(self, path: Values, query: Values, body: Values) -> None:
        """Amounts have the two decimals of the lot's currency, the least of them below the most.

        Steps come one after the other; of bands, which hold on days of their own, one is kept.
        """
        self._managed(path, query, body)
        for step, minutes in zip(body.get("steps", ()), range(60, 1440, 60), strict=False):
            step["after_minutes"] = minutes
        if "bands" in body:
            del body["bands"][1:]
        for priced in (body, *body.get("steps", ()), *body.get("bands", ())):
            for name in _PRICES & priced.keys():
                priced[name] = max(round(priced[name], 2), 0.01)
        if body.get("minimum_charge", 0) > body.get("daily_maximum", _MOST_MONEY):
            body["minimum_charge"] = body["daily_maximum"]

    def _occupancy(self, path: Values, query: Values, body: Values) -> None:
        """A report has one of two figures; open or not, a lot takes it."""
        self._managed(path, query, body)
        if not self._usually():
            path["lot_id"] = self._closed_lot
        if len(body) != 1:
            body.pop("occupied_elsewhere" if self._stock.number() % 2 else "occupied", None)
        if not body:
            body["occupied"] = 7

    def _new_lot(self, _path: Values, _query: Values, body: Values) -> None:
        """What a lot says has rules that a pattern can't say; a new one lies far from the gate's drivers."""
        if "external_id" in body and body["external_id"] is not None:
            body["external_id"] = f"{self._stock.run}-{self._stock.number()}"
        if not body.get("name", "x").strip():
            body["name"] = "Lot"
        known = {
            "time_zone": "Pacific/Auckland",
            "currency": "NZD",
            "opening_hours": "Mo-Fr 07:00-22:00; PH off",
        }
        body.update({name: value for name, value in known.items() if body.get(name) is not None})
        if body.get("tax_rate") is not None:
            body["tax_rate"] = round(body["tax_rate"], 2)
        if body.get("lat", 0) > _NORTH:
            body["lat"] -= 2 * _NORTH
        for name in ("accessible", "ev_charging"):
            if name in body:
                body[name] = min(body[name], body["capacity"])

    def _changed_lot(self, path: Values, query: Values, body: Values) -> None:
        """Spaces of a kind go with the spaces that there are; currencies stay, for their rates stay."""
        spaces = {"capacity": 100, "accessible": 0, "ev_charging": 0}
        if spaces.keys() & body.keys():
            body.update(spaces | {name: body[name] for name in spaces.keys() & body.keys()})
        self._new_lot(path, query, body)
        if path["lot_id"] not in self._stock.made_lots:
            path["lot_id"] = self._managed_lot

    def _disposable_lot(self, path: Values, _query: Values, _body: Values) -> None:
        """Only lots that a case has made are deleted: others stand on the rest."""
        if not (self._chained and path["lot_id"] in self._stock.made_lots):
            path["lot_id"] = self._stock.disposable_lot() if self._usually() else str(uuid4())

    def _order(self, _path: Values, _query: Values, body: Values) -> None:
        """A plate parks once in a lot; a card has to be one that the processor knows."""
        self._lot(body, body, body)
        if "quote_id" in body and self._usually():
            del body["quote_id"]
        if "payment_method" in body and self._usually():
            body["payment_method"] = WORKING_CARDS[self._stock.number() % len(WORKING_CARDS)]
        parked = body["lot_id"], plates.normalise(body["plate"])
        if parked in self._parked and self._usually():
            body["plate"] = self._stock.plate()
        self._parked.add(parked)

    def _quoted(self, path: Values, _query: Values, body: Values) -> None:
        """A quoted stay begins within a month by the sandbox's own clock, which runs ahead."""
        self._lot(path, path, body)
        body.pop("starts_at", None)

    def _running_session(self, path: Values, _query: Values, body: Values) -> None:
        """A session opens to its own code only."""
        if self._wants_another(path["session_id"]):
            session = self._stock.session() if self._usually() else self._stock.known_session()
            path["session_id"], body["session_code"] = session.id, session.code
        elif self._chained and path["session_id"] in self._stock.codes:
            body["session_code"] = self._stock.codes[path["session_id"]]

    def _paid_session(self, path: Values, _query: Values, _body: Values) -> None:
        """Only of a session that was paid is there something to give back, or a list of what was."""
        if self._wants_another(path["session_id"]):
            path["session_id"] = self._stock.paid_session()

    def _refund(self, path: Values, query: Values, body: Values) -> None:
        """An amount has the two decimals of the currency, and leaves something for the next case."""
        self._paid_session(path, query, body)
        asked = SMALLEST_AMOUNT if self._usually() else body.get("amount", SMALLEST_AMOUNT)
        body["amount"] = max(round(asked, 2), SMALLEST_AMOUNT)

    def _any_session(self, path: Values, _query: Values, _body: Values) -> None:
        if self._wants_another(path["session_id"]):
            path["session_id"] = self._stock.known_session().id

    def _some_lot(self, _path: Values, query: Values, _body: Values) -> None:
        """A lot without sessions shows nothing."""
        if "lot_id" in query and self._usually():
            query["lot_id"] = self._stock.lot()

    def _some_plate(self, _path: Values, query: Values, _body: Values) -> None:
        """A plate that never parked shows nothing."""
        if self._usually():
            query["plate"] = self._stock.known_plate()

    def _known_key(self, _path: Values, _query: Values, body: Values) -> None:
        """An agent uses a key of the project."""
        if "api_key_id" in body and self._wants_another(body["api_key_id"]):
            body["api_key_id"] = self._own_key_id

    def _within_grant(self, _path: Values, _query: Values, body: Values) -> None:
        """A budget is set as far as it was granted."""
        for name, chosen in body.get("budgets", {}).items():
            if chosen is not None and self._usually():
                body["budgets"][name] = min(chosen, LEAST_FIGURE)

    def _some_entries(self, path: Values, query: Values, body: Values) -> None:
        """An action that nobody knows has no entries."""
        self._some_lot(path, query, body)
        if "action" in query and self._usually():
            query["action"] = LOGGED[self._stock.number() % len(LOGGED)]

    def _some_movements(self, _path: Values, query: Values, _body: Values) -> None:
        """Only the money of a session that was paid moved."""
        if "session_id" in query and self._wants_another(query["session_id"]):
            query["session_id"] = self._stock.paid_session()

    def _disposable_key(self, path: Values, _query: Values, _body: Values) -> None:
        if self._wants_another(path["key_id"]):
            path["key_id"] = self._stock.key_id()

    def _new_webhook(self, _path: Values, _query: Values, body: Values) -> None:
        """An address is a name of the internet, which no pattern can tell; this one is nobody's."""
        if "url" in body:
            body["url"] = webhooks.wanted()["url"]

    def _webhook(self, path: Values, query: Values, body: Values) -> None:
        """Only what a case has made is changed and deleted."""
        if self._wants_another(path["webhook_id"]):
            path["webhook_id"] = self._stock.webhook_id()
        self._new_webhook(path, query, body)

    def _disposable_webhook(self, path: Values, _query: Values, _body: Values) -> None:
        if self._wants_another(path["webhook_id"]):
            path["webhook_id"] = self._stock.disposable_webhook()

    def _delivery(self, path: Values, _query: Values, _body: Values) -> None:
        if self._usually():
            path["webhook_id"], path["delivery_id"] = self._stock.delivery()

    def _new_key(self, _path: Values, _query: Values, body: Values) -> None:
        """A key expires in the future."""
        expires_at = body.get("expires_at")
        if expires_at is not None and _instant(expires_at) < datetime.now(UTC) + timedelta(hours=1):
            body["expires_at"] = f"2096{expires_at[4:]}"

    def _request(self, path: Values, _query: Values, _body: Values) -> None:
        if self._usually():
            path["request_id"] = self._stock.request_id()

    def _event(self, _path: Values, _query: Values, body: Values) -> None:
        """What Stripe adds holds no integer beyond 64 bits; an event of ours is of its project's kind."""
        body.update(_within_64_bits(body))
        if not self._usually():
            body["data"]["object"]["id"] = self._stock.known_session().payment_intent_id
            body["livemode"] = False

    _mends: dict[str, Callable[["Repairs", Values, Values, Values], None]] = {  # noqa: RUF012 -- never changed
        "searchLots": _place,
        "listLotsGeoJson": _map,
        "getLot": _lot,
        "getAvailability": _lot,
        "getRates": _lot,
        "createQuote": _quoted,
        "createLot": _new_lot,
        "updateLot": _changed_lot,
        "deleteLot": _disposable_lot,
        "setRates": _rates,
        "reportOccupancy": _occupancy,
        "setAgentAccess": _managed,
        "createSession": _order,
        "listSessions": _some_lot,
        "searchSessions": _some_plate,
        "getSession": _any_session,
        "extendSession": _running_session,
        "endSession": _running_session,
        "createRefund": _refund,
        "listRefunds": _paid_session,
        "createApiKey": _new_key,
        "rotateApiKey": _disposable_key,
        "deleteApiKey": _disposable_key,
        "registerAgent": _known_key,
        "updateProject": _within_grant,
        "listAuditLog": _some_entries,
        "exportLotAuditCsv": _lot,
        "listDisputes": _some_movements,
        "listLedgerEntries": _some_movements,
        "exportLedgerCsv": _some_movements,
        "createWebhook": _new_webhook,
        "updateWebhook": _webhook,
        "deleteWebhook": _disposable_webhook,
        "pingWebhook": _webhook,
        "listDeliveries": _webhook,
        "redeliver": _delivery,
        "getTrace": _request,
        "receiveStripeEvent": _event,
    }


_OPERATIONS = {
    "search_parking": "searchLots",
    "check_availability": "getAvailability",
    "get_rates": "getRates",
    "create_session": "createSession",
    "get_session": "getSession",
    "extend_session": "extendSession",
    "end_session": "endSession",
    "request_refund": "createRefund",
}


def _within_64_bits(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _within_64_bits(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_within_64_bits(part) for part in value]
    return value % 2**63 if isinstance(value, int) and not isinstance(value, bool) else value


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
