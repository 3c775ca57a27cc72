"""People who park at random: the same seed makes the same people, though not the same meetings of them."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fire.wire import Answer, Connection

PLATES = 400
CARDS = ("pm_card_visa",) * 6 + (None,) * 3 + ("pm_card_visa_chargeDeclined",)
"""Most pay at once, some walk away until their session expires, and a card is declined now and then."""
LONGEST_THOUGHT_SECONDS = 0.4
REMEMBERED = 60

ALLOWED: Mapping[str, frozenset[int]] = {
    "create": frozenset({201, 402, 409}),
    "extend": frozenset({200, 402, 409}),
    "end": frozenset({200, 409}),
    "report": frozenset({200}),
    "advance": frozenset({200}),
    "look": frozenset({200}),
}
"""What each deed may be answered."""
DEEDS = ("create",) * 10 + ("end",) * 7 + ("extend",) * 4 + ("look",) * 3 + ("report",) * 2
ADVANCES = 0.01
AHEAD_SECONDS = (200, 700)
"""How often somebody moves the clock of a sandbox on, so that what nobody authorised expires."""


@dataclass(frozen=True, slots=True)
class Place:
    """A sandbox with a key to it, and its lots with their capacities."""

    key: str
    lots: Mapping[str, int]


@dataclass(slots=True)
class History:
    """What happened, as far back as anybody wants to read."""

    deeds: Counter[tuple[str, int]] = field(default_factory=Counter)
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    faults: list[str] = field(default_factory=list)

    def note(self, who: int, deed: str, answer: Answer) -> None:
        """Remember a deed, and a fault if its answer is not to be had."""
        self.deeds[deed, answer.status] += 1
        line = f"{time.time():.3f} client {who} {deed} {answer.status} after {answer.seconds:.2f} s"
        self.tail.append(line)
        if answer.status not in ALLOWED[deed]:
            self.faults.append(f"{line}: {answer.body}")
        if deed in {"look", "report"} and answer.status in ALLOWED[deed]:
            self._compare(line, answer.body["availability"])

    def _compare(self, line: str, shown: Mapping[str, Any]) -> None:
        if not 0 <= shown["available"] <= shown["capacity"]:
            self.faults.append(f"{line}: {shown}")


class Person:
    """One client: does one thing after the other, and remembers the sessions that it made."""

    def __init__(self, number: int, place: Place, *, seed: int) -> None:
        self.number = number
        self.place = place
        self.chance = random.Random(f"{seed} {number}")
        self.sessions: list[dict[str, Any]] = []

    async def live(self, connection: Connection, history: History, *, until: float) -> None:
        """Do things until the time is over or something went wrong for somebody."""
        while time.monotonic() < until and not history.faults:
            deed = "advance" if self.chance.random() < ADVANCES else self.chance.choice(DEEDS)
            if deed in {"extend", "end"} and not self.sessions:
                deed = "create"
            answer = await _DEEDS[deed](self, connection)
            history.note(self.number, deed, answer)
            await asyncio.sleep(self.chance.uniform(0, LONGEST_THOUGHT_SECONDS))

    async def create(self, connection: Connection) -> Answer:
        order = {"lot_id": self._lot(), "plate": f"CO-{self.chance.randrange(PLATES)}"}
        card = self.chance.choice(CARDS)
        once = f"{self.number}-{self.chance.getrandbits(64):x}"
        answer = await self._post(
            connection, "sessions", order | ({"payment_method": card} if card else {}), once
        )
        if answer.status == 201:
            self.sessions.append(answer.body["session"])
        return answer

    async def extend(self, connection: Connection) -> Answer:
        session = self.chance.choice(self.sessions)
        asked = {"session_code": session["session_code"], "extend_hours": self.chance.choice([0.5, 1, 3])}
        return await self._post(connection, f"sessions/{session['id']}/extend", asked)

    async def end(self, connection: Connection) -> Answer:
        session = self.chance.choice(self.sessions)
        if self.chance.random() < 0.8:  # the others try again later, and hear that it is over
            self.sessions.remove(session)
        asked = {"session_code": session["session_code"]}
        return await self._post(connection, f"sessions/{session['id']}/end", asked)

    async def report(self, connection: Connection) -> Answer:
        lot, figure = self._lot(), self.chance.choice(["occupied", "occupied_elsewhere"])
        cars = self.chance.randrange(self.place.lots[lot] // 2 + 1)
        return await connection.put(
            f"/api/v1/operator/lots/{lot}/occupancy", {figure: cars}, key=self.place.key
        )

    async def advance(self, connection: Connection) -> Answer:
        return await self._post(
            connection, "sandbox/clock", {"advance_seconds": self.chance.randint(*AHEAD_SECONDS)}
        )

    async def look(self, connection: Connection) -> Answer:
        return await connection.get(f"/api/v1/lots/{self._lot()}/availability", key=self.place.key)

    def _lot(self) -> str:
        return self.chance.choice(list(self.place.lots))

    async def _post(self, connection: Connection, path: str, body: object, once: str | None = None) -> Answer:
        return await connection.post(f"/api/v1/{path}", body, key=self.place.key, once=once)


_DEEDS: Mapping[str, Callable[[Person, Connection], Awaitable[Answer]]] = {
    "create": Person.create,
    "extend": Person.extend,
    "end": Person.end,
    "report": Person.report,
    "advance": Person.advance,
    "look": Person.look,
}


async def live_together(port: int, people: Sequence[Person], history: History, *, seconds: float) -> None:
    """Let everybody do things for so long, each on a connection of its own."""
    connections = [await Connection.open(port) for _ in people]
    until = time.monotonic() + seconds
    lives = zip(people, connections, strict=True)
    await asyncio.gather(*(person.live(connection, history, until=until) for person, connection in lives))
    await asyncio.gather(*(connection.close() for connection in connections))
