"""What destructive operations use up, made anew through the server's own front door."""

import itertools
from collections import deque
from dataclasses import dataclass
from typing import Any

import httpx

from gate import webhooks
from gate.lists import GEOJSON, collection_of, new_lot, table_of
from gate.world import World

_TURNS_PER_CLOCK = 100
"""A sandbox made over the API has the ordinary budget: 240 calls a minute."""

_MOST_LOTS = 100
"""Lots of a run that stand at a time: a sandbox holds a thousand, and all runs share one."""
_MOST_WEBHOOKS = 2
_USES_OF_A_WEBHOOK = 8
_WEBHOOKS = "/api/v1/operator/webhooks"
_MOST_LISTED = 40
"""Lots that lists bring, by each of their two kinds of names."""


@dataclass(frozen=True, slots=True)
class StockedSession:
    """An active session of the fuzzed project."""

    id: str
    code: str
    payment_intent_id: str
    plate: str


class Stock:
    """Sessions to end, keys to delete, clocks to turn, requests to trace."""

    def __init__(self, world: World, url: str, *, run: str) -> None:
        """Fill the stock of one run, whose name keeps its plates and keys apart from every other run's."""
        self.run = run
        self._lots, self._key = world.fuzzed.lots, world.fuzzed.key
        self._paid = world.fuzzed.paid_sessions
        self._http = httpx.Client(base_url=url, timeout=20, trust_env=False)
        self._numbers = itertools.count(1)
        self._seen: deque[StockedSession] = deque(maxlen=50)
        self._requests: deque[str] = deque(maxlen=400)
        self._turns = 0
        self.known_ids: set[str] = set()
        self.made_lots: set[str] = set()
        """Lots that cases made, which others may delete."""
        self._standing_lots: deque[str] = deque()
        self._webhooks: deque[str] = deque()
        self._delivery: tuple[str, str] | None = None
        self.codes: dict[str, str] = {}
        """The code of every session that an answer showed, by its id."""
        self.clock_key = self._clock()

    def number(self) -> int:
        """Return a number that this run has not given out before."""
        return next(self._numbers)

    def plate(self) -> str:
        """Return a plate that nobody has parked with."""
        return f"{self.run[:4].upper()} {self.number()}"

    def lot(self) -> str:
        """Return a lot with room for everybody."""
        return self._lots[self.number() % len(self._lots)]

    def session(self) -> StockedSession:
        """Start a session and return it; every second one has its payment authorised."""
        order: dict[str, Any] = {"lot_id": self.lot(), "plate": self.plate()}
        if self.number() % 2:
            order["payment_method"] = "pm_card_visa"
        session = self._made("/api/v1/sessions", order, key=self._key)["session"]
        stocked = StockedSession(
            session["id"], session["session_code"], session["payment_intent_id"], session["plate"]
        )
        self._seen.append(stocked)
        return stocked

    def known_session(self) -> StockedSession:
        """Return a session that may have been ended since."""
        return self._seen[self.number() % len(self._seen)] if self._seen else self.session()

    def paid_session(self) -> str:
        """Return the id of a session of which there is money to give back."""
        return self._paid[self.number() % len(self._paid)]

    def known_plate(self) -> str:
        """Return a plate that has parked, written in small letters."""
        return self.known_session().plate.lower()

    def key_id(self) -> str:
        """Make a key that nobody needs, and return its id."""
        wanted = {"name": f"Disposable {self.number()}", "scopes": ["lots:read"]}
        return str(self._made("/api/v1/operator/api-keys", wanted, key=self._key)["api_key"]["id"])

    def webhook_id(self) -> str:
        """Return a webhook, most often one of before: making one takes a call or two."""
        if not self._webhooks or self.number() % _USES_OF_A_WEBHOOK == 0:
            return self.disposable_webhook()
        return self._webhooks[-1]

    def disposable_webhook(self) -> str:
        """Make a webhook that nobody needs, and return its id."""
        webhook_id = str(self._made(_WEBHOOKS, webhooks.wanted(), key=self._key)["webhook"]["id"])
        self.webhook_was_made(webhook_id)
        return webhook_id

    def delivery(self) -> tuple[str, str]:
        """Return a webhook and a ping on its way to it, most often of before."""
        if self._delivery is None or self.number() % _USES_OF_A_WEBHOOK == 0:
            webhook_id = self.disposable_webhook()
            ping = self._made(f"{_WEBHOOKS}/{webhook_id}/ping", None, key=self._key)
            self._delivery = webhook_id, str(ping["delivery"]["id"])
        return self._delivery

    def webhook_was_made(self, webhook_id: str) -> None:
        """Make room: a project has at most twenty, and all runs share one."""
        self._webhooks.append(webhook_id)
        if len(self._webhooks) > _MOST_WEBHOOKS:
            self._gone(f"{_WEBHOOKS}/{self._webhooks.popleft()}")

    def disposable_lot(self) -> str:
        """Make a lot that nobody needs, and return its id."""
        wanted = new_lot(f"disposable-{self.run}-{self.number()}")
        lot_id = str(self._made("/api/v1/operator/lots", wanted, key=self._key)["lot"]["id"])
        self._keep_few(lot_id)
        return lot_id

    def lot_was_made(self, lot_id: str) -> None:
        """Let other cases change and delete a lot that a case made."""
        self.made_lots.add(lot_id)
        self._keep_few(lot_id)

    def _keep_few(self, lot_id: str) -> None:
        """Make room for a lot: the oldest one goes, where a case has not deleted it already."""
        self._standing_lots.append(lot_id)
        if len(self._standing_lots) > _MOST_LOTS:
            oldest = self._standing_lots.popleft()
            self.made_lots.discard(oldest)
            self._gone(f"/api/v1/operator/lots/{oldest}")

    def _gone(self, path: str) -> None:
        answer = self._http.delete(path, headers={"Authorization": f"Bearer {self._key}"})
        if answer.status_code not in (204, 404):
            raise RuntimeError(f"No room could be made: {answer.status_code} {answer.text}")

    def list_of_lots(self, media_type: str) -> bytes:
        """Write a short list: of lots that are new, known, changed, or wrong, as their numbers have it."""
        number = self.number()
        names = [
            f"{self.run}-list-{number // 4 % _MOST_LISTED}",
            f"{self.run}-list-{number % _MOST_LISTED}-b",
        ]
        if media_type == GEOJSON["Content-Type"]:
            return collection_of(*names)
        return table_of(*names, capacity=number % 3 * 10, city="Wellington" if number % 2 else "")

    def clock_was_turned(self, *, as_far_as_it_goes: bool) -> None:
        """Go on in a fresh sandbox when a clock can go no further, or its key's budget is nearly used."""
        self._turns += 1
        if as_far_as_it_goes or self._turns % _TURNS_PER_CLOCK == 0:
            self.clock_key = self._clock()

    def _clock(self) -> str:
        return str(self._made("/api/v1/sandbox", {}, key=None)["sandbox"]["api_key"])

    def remember_ids(self, answered: Any) -> None:
        """Keep every id that an answer shows: what it names exists."""
        if isinstance(answered, dict):
            if "session_code" in answered:
                self.codes[answered["id"]] = answered["session_code"]
            self.known_ids.update(value for name, value in answered.items() if name == "id")
            answered = list(answered.values())
        for part in answered if isinstance(answered, list) else ():
            self.remember_ids(part)

    def remember_request(self, request_id: str) -> None:
        """Keep the id of a request of the fuzzed operator."""
        self._requests.append(request_id)

    def request_id(self) -> str:
        """Return the id of an earlier request."""
        if not self._requests:
            self.session()
        return self._requests[self.number() % len(self._requests)]

    def _made(self, path: str, body: dict[str, Any] | None, *, key: str | None) -> dict[str, Any]:
        authorization = {"Authorization": f"Bearer {key}"} if key else {}
        response = self._http.post(path, json=body, headers=authorization)
        if response.status_code != 201:
            raise RuntimeError(f"The stock could not be filled: {response.status_code} {response.text}")
        if key == self._key:
            self.remember_request(response.headers["x-request-id"])
        made: dict[str, Any] = response.json()
        return made
