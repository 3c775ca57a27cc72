"""Drivers in front of their receipts: what they see, type and press, and what the browser thinks of it."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.servers import Server

Phone: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "color_scheme": "light",
}
Desk: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}

GOOD, DECLINED, CHALLENGED = "4242424242424242", "4000000000000002", "4000002760003184"

_REPORT_VIOLATIONS = """
    addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective}`));
"""
_plates = count(1000)


@dataclass
class Visits:
    """A sandbox, and a browser to look at its sessions with."""

    browser: Browser
    client: httpx.Client
    operator: httpx.Client
    lot_id: str

    @classmethod
    @contextmanager
    def begin(cls, server: Server, browser: Browser) -> Iterator["Visits"]:
        """Make a sandbox whose simulated driver stays away."""
        with server.client() as client:
            made = client.post("/api/v1/sandbox", json={"simulated_driver": "absent"}).json()["sandbox"]
        with server.client(made["api_key"]) as mine, server.client(made["operator_key"]) as operator:
            lots = mine.get("/api/v1/lots/search", params={"lat": 39.6403, "lng": -106.3742}).json()["lots"]
            [lot] = [lot for lot in lots if lot["name"] == "Lionshead Public Parking"]
            yield cls(browser, mine, operator, lot["id"])

    def park(self, **wishes: str) -> dict[str, Any]:
        """Start a session as an agent would."""
        order = {"lot_id": self.lot_id, "plate": f"CO-{next(_plates)}", **wishes}
        answer = self.client.post("/api/v1/sessions", json=order)
        assert answer.status_code == 201, answer.text
        session: dict[str, Any] = answer.json()["session"]
        return session

    def look_up(self, session: dict[str, Any]) -> dict[str, Any]:
        """Ask the API what became of a session."""
        found: dict[str, Any] = self.client.get(f"/api/v1/sessions/{session['id']}").json()["session"]
        return found

    def wait(self, hours: float) -> None:
        """Let the sandbox's time pass."""
        passed = self.operator.post("/api/v1/sandbox/clock", json={"advance_seconds": int(hours * 3600)})
        assert passed.status_code == 200, passed.text

    @contextmanager
    def of(self, device: dict[str, Any], *, pictures: Path, **more: Any) -> Iterator["Visitor"]:
        """Lend a page on a device; in the end its console has to be empty."""
        context = self.browser.new_context(**device, **more)
        context.set_default_timeout(10_000)
        context.add_init_script(_REPORT_VIOLATIONS)
        visitor = Visitor(self, context.new_page(), pictures)
        visitor.page.on("console", visitor.hear)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        yield visitor
        context.close()
        assert visitor.complaints == [], visitor.complaints


@dataclass
class Visitor:
    """Somebody in front of a page."""

    visits: Visits
    page: Page
    pictures: Path
    complaints: list[str] = field(default_factory=list)
    expected: str = "nothing"
    """A refusal that the browser reports and the page explains, by its status."""

    def hear(self, message: ConsoleMessage) -> None:
        """Note what the console complains of."""
        is_expected = f"status of {self.expected}" in message.text
        if message.type in {"error", "warning"} and not is_expected:
            self.complaints.append(message.text)

    def opens(self, session: dict[str, Any]) -> None:
        """Open a session's receipt."""
        self.page.goto(session["receipt_url"])

    def sees(self, stage: str) -> None:
        """Expect where the session stands."""
        expect(self.page.locator("#stage")).to_have_text(stage)

    def reads(self, text: str) -> None:
        """Expect words somewhere on the page."""
        expect(self.page.get_by_text(text)).to_be_visible()

    def presses(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name).click()

    def follows(self, name: str) -> None:
        """Follow a link."""
        self.page.get_by_role("link", name=name).click()

    def types_card(self, number: str, expiry: str = "1234", code: str = "123") -> None:
        """Type a card into the processor's form."""
        for label, text in (("Card number", number), ("Expiry date", expiry), ("Security code", code)):
            self._field(label).fill("")
            self._field(label).press_sequentially(text)

    def _field(self, label: str) -> Locator:
        return self.page.get_by_label(label)

    def takes_picture(self, name: str) -> None:
        """Keep what the page looks like, and see that it is there for everybody."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        (self.pictures / f"{name}.png").write_bytes(self._photograph())
        found = Axe().run(self.page, options={"preload": False})  # it would load the sheets as inline styles
        assert found.violations_count == 0, found.generate_report()
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not wide, f"{name} has to be scrolled sideways"

    def _photograph(self) -> bytes:
        """Take a picture of the whole page; Playwright's own would add styles that the policy refuses."""
        camera = self.page.context.new_cdp_session(self.page)
        size = camera.send("Page.getLayoutMetrics")["cssContentSize"]
        whole = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        taken = camera.send("Page.captureScreenshot", {"clip": whole, "captureBeyondViewport": True})
        camera.detach()
        return base64.b64decode(taken["data"])

    def money(self) -> str:
        """Read the price."""
        found = re.match(r"[\d.]+ USD", self.page.locator(".total").inner_text())
        assert found
        return found[0]
