"""Stays that are paid, extended, ended and partly given back, by clients that never forget an answer.

Whoever hears nothing, or hears that the answer is not known, asks again with the same key, as the contract
says; meanwhile others have their turn. What was acknowledged is written down here, beside the server.
"""

import asyncio
import random
from asyncio import IncompleteReadError
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.fire.wire import Answer, Connection

STEPS = ("create", "extend", "end", "refund")
RETRIED = frozenset({502, 503})
"""Answers after which the same request is sent again with the same key."""
DONE = frozenset({200, 201})
PAUSE_SECONDS = 1.0
"""Between an attempt that came to nothing and the next one at the same stay."""
BACK_WITHIN_SECONDS = 60
"""How soon somebody serves again after the last kill."""
OPEN_AT_ONCE = 250
"""Cars that are there at a time: each has its turn once in a while."""
ADVANCE_SECONDS, ADVANCE_EVERY_SECONDS = 450, 2
ADVANCES_AT_LEAST = 2
"""How often the clock is moved before a stay ends, so that each costs a dollar and more."""


@dataclass(slots=True)
class Stay:
    """One car's evening, and what its driver was told of it."""

    plate: str
    lot_id: str
    key: str
    """What the idempotency keys of its requests begin with."""
    told: dict[str, Any] = field(default_factory=dict)
    """The acknowledged answers, by step."""
    begun_at: int = 0
    """How often the sandbox's clock had been moved when its creation was answered."""
    not_before: float = 0.0

    @property
    def step(self) -> str | None:
        """Return what comes next, or None once all is done."""
        return STEPS[len(self.told)] if len(self.told) < len(STEPS) else None

    @property
    def session(self) -> Mapping[str, Any]:
        """Return the session as its creation was answered."""
        session: Mapping[str, Any] = self.told["create"]["session"]
        return session

    def request(self, step: str) -> tuple[str, dict[str, Any]]:
        """Return path and body of a step's request, the same each time."""
        if step == "create":
            order = {"lot_id": self.lot_id, "plate": self.plate, "duration_hours": 2}
            return "sessions", {**order, "payment_method": "pm_card_visa"}
        of_session = f"sessions/{self.session['id']}"
        code = {"session_code": self.session["session_code"]}
        return {
            "extend": (f"{of_session}/extend", {**code, "extend_hours": 1}),
            "end": (f"{of_session}/end", code),
            "refund": (f"{of_session}/refunds", {"amount": 1.0}),
        }[step]


@dataclass(slots=True)
class Drivers:
    """Clients that carry stays out, some at a time, at a server that dies now and then."""

    port: int
    key: str
    planned: deque[Stay]
    waiting: deque[Stay] = field(default_factory=deque)
    advances: int = 0
    """How often the sandbox's clock was moved."""
    acknowledged: int = 0
    interrupted: int = 0
    """Requests of which nothing was heard, since the server died over them."""
    finished: list[Stay] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    wanted: int = field(init=False)

    def __post_init__(self) -> None:
        self.wanted = len(self.planned)
        for _ in range(min(OPEN_AT_ONCE, self.wanted)):
            self.waiting.append(self.planned.popleft())

    async def live(self, *, clients: int) -> None:
        """Carry all stays out while their sandbox's clock runs ahead, or stop at the first fault."""
        await asyncio.gather(*(self._client() for _ in range(clients)), self._clock())

    @property
    def is_over(self) -> bool:
        """Tell whether nothing is left to do, or something went wrong."""
        return bool(self.faults) or len(self.finished) == self.wanted

    async def again(self, stay: Stay, step: str) -> Answer:
        """Send a step's request once more, as it was, to a server that may just be coming back."""
        connection = await self._connected()
        try:
            return await self._send(connection, stay, step)
        finally:
            await connection.close()

    async def _connected(self) -> Connection:
        """Connect as soon as somebody serves: the last kill may come after the last stay is over."""
        async with asyncio.timeout(BACK_WITHIN_SECONDS):
            while True:
                try:
                    return await Connection.open(self.port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.1)

    async def _client(self) -> None:
        connection: Connection | None = None
        while not self.is_over:
            stay = self._next()
            if stay is None:
                await asyncio.sleep(0.05)
                continue
            try:
                connection = connection or await Connection.open(self.port)
            except OSError:  # nobody serves just now
                self._put_off(stay)
                continue
            try:
                await self._go_on(connection, stay)
            except (OSError, IncompleteReadError):
                connection.drop()
                connection = None
                self.interrupted += 1
                self._put_off(stay)
        if connection:
            await connection.close()

    async def _clock(self) -> None:
        """Let some minutes pass every two seconds."""
        while not self.is_over:
            with suppress(OSError, IncompleteReadError):
                connection = await Connection.open(self.port)
                try:
                    moved = {"advance_seconds": ADVANCE_SECONDS}
                    answer = await connection.post("/api/v1/sandbox/clock", moved, key=self.key)
                    self.advances += answer.status == 200
                finally:
                    connection.drop()
            await asyncio.sleep(ADVANCE_EVERY_SECONDS)

    def _next(self) -> Stay | None:
        """Take the stay that waited longest, of those that need not wait longer."""
        now = asyncio.get_running_loop().time()
        for stay in self.waiting:
            costs_something = stay.step != "end" or self.advances >= stay.begun_at + ADVANCES_AT_LEAST
            if stay.not_before <= now and costs_something:
                self.waiting.remove(stay)
                return stay
        return None

    def _put_off(self, stay: Stay) -> None:
        stay.not_before = asyncio.get_running_loop().time() + PAUSE_SECONDS
        self.waiting.append(stay)

    async def _go_on(self, connection: Connection, stay: Stay) -> None:
        """Take a stay's next step; all others have their turn before its next one, so that time passes."""
        step = stay.step or ""
        answer = await self._send(connection, stay, step)
        if answer.status in RETRIED or (answer.status == 409 and "retry-after" in answer.headers):
            self._put_off(stay)
        elif answer.status in DONE:
            self._note(stay, step, answer)
        else:
            self.faults.append(f"{step} of {stay.plate}: {answer.status} {answer.body}")

    def _note(self, stay: Stay, step: str, answer: Answer) -> None:
        """Write an acknowledged answer down; whoever leaves makes room for another car."""
        stay.told[step] = answer.body
        self.acknowledged += 1
        if step == "create":
            stay.begun_at = self.advances
        if stay.step:
            self.waiting.append(stay)
            return
        self.finished.append(stay)
        if self.planned:
            self.waiting.append(self.planned.popleft())

    async def _send(self, connection: Connection, stay: Stay, step: str) -> Answer:
        path, body = stay.request(step)
        return await connection.post(f"/api/v1/{path}", body, key=self.key, once=f"{stay.key}-{step}")


def make_stays(number: int, lots: Sequence[str], *, seed: int, name: str) -> deque[Stay]:
    """Plan stays of as many cars: the same seed makes the same."""
    chance = random.Random(f"{seed} {name}")
    return deque(
        Stay(plate=f"K{each:05d}", lot_id=chance.choice(lots), key=f"{name}-{chance.getrandbits(64):x}")
        for each in range(number)
    )
