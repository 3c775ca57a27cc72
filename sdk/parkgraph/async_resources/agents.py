"""The dispatchers, where a model picks an action, and the register of who uses them."""

from collections.abc import Mapping
from typing import Final, overload

from parkgraph.calls import Reading, call, optional
from parkgraph.models import (
    Agent,
    AgentPage,
    AgentPlatform,
    Availability,
    CheckAvailabilityAction,
    CreateSessionAction,
    EndSessionAction,
    ExtendSessionAction,
    GetRatesAction,
    GetSessionAction,
    Platform,
    Rates,
    Refund,
    RequestRefundAction,
    SearchParkingAction,
    SearchResult,
    Session,
)
from parkgraph.operations import DISPATCH_ACTION, DISPATCH_PLATFORM_ACTION, LIST_AGENTS, REGISTER_AGENT
from parkgraph.pages import AsyncPages
from parkgraph.readings import inside, of_action, whole
from parkgraph.resource import AsyncResource

_DISPATCH_ACTION_READINGS: Final[Mapping[str, Reading[SearchResult | Availability | Rates | Session]]] = {
    "search_parking": whole(SearchResult),
    "check_availability": inside("availability", Availability),
    "get_rates": inside("rates", Rates),
    "create_session": inside("session", Session),
    "get_session": inside("session", Session),
    "end_session": inside("session", Session),
}

_DISPATCH_PLATFORM_ACTION_READINGS: Final[
    Mapping[str, Reading[SearchResult | Availability | Rates | Session | Refund]]
] = {
    "search_parking": whole(SearchResult),
    "check_availability": inside("availability", Availability),
    "get_rates": inside("rates", Rates),
    "create_session": inside("session", Session),
    "get_session": inside("session", Session),
    "extend_session": inside("session", Session),
    "end_session": inside("session", Session),
    "request_refund": inside("refund", Refund),
}


class AsyncAgentsResource(AsyncResource):
    """The dispatchers, where a model picks an action, and the register of who uses them."""

    @overload
    async def dispatch_action(
        self,
        action: SearchParkingAction,
        *,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> SearchResult: ...

    @overload
    async def dispatch_action(
        self,
        action: CheckAvailabilityAction,
        *,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Availability: ...

    @overload
    async def dispatch_action(
        self,
        action: GetRatesAction,
        *,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Rates: ...

    @overload
    async def dispatch_action(
        self,
        action: CreateSessionAction,
        *,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session: ...

    @overload
    async def dispatch_action(
        self,
        action: GetSessionAction,
        *,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session: ...

    @overload
    async def dispatch_action(
        self,
        action: EndSessionAction,
        *,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session: ...

    async def dispatch_action(
        self,
        action: SearchParkingAction
        | CheckAvailabilityAction
        | GetRatesAction
        | CreateSessionAction
        | GetSessionAction
        | EndSessionAction,
        *,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> SearchResult | Availability | Rates | Session:
        """Run one parking action.

        Runs one of six actions and answers what its REST twin answers. Search first, show the driver the
        choice, then create a session; no money moves until the driver authorises on a device. Errors name the
        field at fault.

        Args:
            conversation_id: Your stable, pseudonymous id of the conversation that the call belongs to.
                Its trace shows it.
            action: What to do.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                DISPATCH_ACTION,
                of_action(_DISPATCH_ACTION_READINGS, action),
                headers={"Conversation-Id": conversation_id},
                body=action.to_json(),
                idempotency_key=idempotency_key,
            )
        )

    @overload
    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: SearchParkingAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> SearchResult: ...

    @overload
    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: CheckAvailabilityAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Availability: ...

    @overload
    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: GetRatesAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Rates: ...

    @overload
    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: CreateSessionAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session: ...

    @overload
    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: GetSessionAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session: ...

    @overload
    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: ExtendSessionAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session: ...

    @overload
    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: EndSessionAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Session: ...

    @overload
    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: RequestRefundAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Refund: ...

    async def dispatch_platform_action(
        self,
        platform: Platform | str,
        *,
        action: SearchParkingAction
        | CheckAvailabilityAction
        | GetRatesAction
        | CreateSessionAction
        | GetSessionAction
        | ExtendSessionAction
        | EndSessionAction
        | RequestRefundAction,
        conversation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> SearchResult | Availability | Rates | Session | Refund:
        """Run an action from a platform.

        Does for every other agent platform what dispatch_action does for ChatGPT, and can also extend a
        session and refund it. The platform in the path is written to the audit log. Errors name the field at
        fault.

        Args:
            platform: The agent platform that calls.
            conversation_id: Your stable, pseudonymous id of the conversation that the call belongs to.
                Its trace shows it.
            action: What to do.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                DISPATCH_PLATFORM_ACTION,
                of_action(_DISPATCH_PLATFORM_ACTION_READINGS, action),
                path={"platform": platform},
                headers={"Conversation-Id": conversation_id},
                body=action.to_json(),
                idempotency_key=idempotency_key,
            )
        )

    def list_agents(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> AsyncPages[AgentPage, Agent]:
        """List the project's agents.

        Answers the agents of your project, newest first, each with the last use of its key. Pass
        `next_cursor` as `cursor` for the next page; the last page has none.

        Args:
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(LIST_AGENTS, whole(AgentPage), query={"limit": limit, "cursor": cursor})
        return AsyncPages(self._send, asked, entries=lambda page: page.data)

    async def register_agent(
        self,
        *,
        name: str,
        platform: AgentPlatform | str,
        api_key_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Agent:
        """Register an agent.

        Writes down which program acts for your project on which platform, and with which of its keys, so that
        the register says when it was last at work. It gives no rights, those are the key's. An unknown key is
        a 404.

        Args:
            name: What people call the agent.
            platform: The agent platform that a program runs on. `openai` is ChatGPT's Actions;
                `responses` and `realtime` are OpenAI's APIs, `mcp` any client of our MCP server.
            api_key_id: The key's id, which is not the key.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                REGISTER_AGENT,
                inside("agent", Agent),
                body={"name": name, "platform": platform, **optional(api_key_id=api_key_id)},
                idempotency_key=idempotency_key,
            )
        )
