"""Budgets that refuse nobody, or the wrong ones."""

from dataclasses import replace

from app.domain import budgets
from app.domain.errors import RateLimited
from app.http import errors, limiter, limits
from gate.mutants.planting import instead_of, killed_by, put_in_place

ADDRESS = "test_budgets.py::test_an_address_without_a_key_has_a_budget_too"
PAID = "test_budgets.py::test_a_budget_refuses_what_is_beyond_it_in_every_operation_that_it_pays"
END_USER = "test_budgets.py::test_an_end_user_has_a_budget_where_the_operator_opted_in"


@killed_by(ADDRESS)
def no_budget_is_ever_used_up() -> None:
    """A request is let through when its budget is used up."""

    @instead_of(limiter.Limiter, "take")
    async def take(original, self, charges, *, believed=None):
        return (await original(self, charges, believed=believed))._replace(admitted=True)


@killed_by(ADDRESS)
def a_429_says_not_when_to_come_back() -> None:
    """A 429 comes without Retry-After."""
    put_in_place(errors._DEFAULT_HEADERS, errors._RATE_LIMITED, {})

    @instead_of(limits, "_used_up")
    def used_up(original, verdict):
        return RateLimited(original(verdict).message)


@killed_by(END_USER)
def end_users_have_no_budget() -> None:
    """What an operator grants each of its drivers is not counted."""

    @instead_of(budgets, "applicable")
    def applicable(original, **owed):
        return original(**owed | {"end_user_id": None})


@killed_by(END_USER)
def all_end_users_share_a_budget() -> None:
    """Every driver of a key pays from the same budget."""

    @instead_of(limits, "_owner")
    def owner(original, bucket, exchange):
        return original(replace(bucket, scope="key"), exchange)


@killed_by(f"{PAID}[sandbox_agent]")
def agents_of_sandboxes_pay_from_the_large_budget() -> None:
    """What agents do in a sandbox is paid from the budget of everything else."""

    @instead_of(budgets, "_name_for")
    def name_for(original, key, *, budget, is_agent_call):
        return original(key, budget=budget, is_agent_call=is_agent_call).replace("sandbox_agent", "sandbox")


@killed_by("test_budgets.py::test_guessing_keys_is_limited")
def guessing_keys_is_free() -> None:
    """Who sends a bad key pays no more than who sends none."""

    @instead_of(limits.BudgetBook, "_budget")
    def budget(original, self, exchange):
        refusal, exchange.refusal = exchange.refusal, None
        try:
            return original(self, exchange)
        finally:
            exchange.refusal = refusal
