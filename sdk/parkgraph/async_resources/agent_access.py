"""Whether agents may start sessions in a lot."""

from parkgraph.calls import call
from parkgraph.models import AgentAccess, LotAgentAccess
from parkgraph.operations import SET_AGENT_ACCESS
from parkgraph.readings import inside
from parkgraph.resource import AsyncResource


class AsyncAgentAccessResource(AsyncResource):
    """Whether agents may start sessions in a lot."""

    async def set_agent_access(
        self, lot_id: str, *, agent_access: AgentAccess | str, idempotency_key: str | None = None
    ) -> LotAgentAccess:
        """Let agents in, or not.

        Decides whether API keys may start sessions in one of your lots, from the next creation on. Reads go
        on, with `agent_bookable: false` where they may not, and sessions that run can be extended and ended.
        Another operator's lot is a 404.

        Args:
            lot_id: The lot's id, as given by search_lots.
            agent_access: The operator's decision. While it is `unset`, agents are let into lots that were
                created on or after 2026-01-01T00:00:00Z (in UTC, wherever the lot is), and not into older
                ones.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                SET_AGENT_ACCESS,
                inside("agent_access", LotAgentAccess),
                path={"lot_id": lot_id},
                body={"agent_access": agent_access},
                idempotency_key=idempotency_key,
            )
        )
