"""What keys belong to, and its budgets."""

from parkgraph.calls import call
from parkgraph.model import UNCHANGED, Unchanged
from parkgraph.models import ChosenBudgets, Project, SimulatedDriver
from parkgraph.operations import UPDATE_PROJECT
from parkgraph.readings import inside
from parkgraph.resource import AsyncResource


class AsyncProjectsResource(AsyncResource):
    """What keys belong to, and its budgets."""

    async def update_project(
        self,
        *,
        name: str | Unchanged = UNCHANGED,
        simulated_driver: SimulatedDriver | str | Unchanged = UNCHANGED,
        end_user_budget: int | Unchanged | None = UNCHANGED,
        budgets: ChosenBudgets | Unchanged = UNCHANGED,
        idempotency_key: str | None = None,
    ) -> Project:
        """Change your project.

        Changes what is given of the calling key's project, for all of its keys, at once; an empty object
        shows it as it is. Beyond what was granted a budget is a 409, and so is a simulated driver outside of
        a sandbox.

        Args:
            name: What people call the project.
            simulated_driver: In a sandbox, whether a driver authorises an untouched hold after 30 s
                (`prompt`), or nobody does.
            end_user_budget: Calls of agents for one end user and minute; 20 is usual, None opts out.
            budgets: Budgets to set for each of the project's keys; those left out stay as they are.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return await self._send(
            call(
                UPDATE_PROJECT,
                inside("project", Project),
                body={
                    "name": name,
                    "simulated_driver": simulated_driver,
                    "end_user_budget": end_user_budget,
                    "budgets": budgets,
                },
                idempotency_key=idempotency_key,
            )
        )
