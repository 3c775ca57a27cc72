"""Step 7b: is the request what the contract says? Connexion asks; the authored document answers.

Connexion would make a parser of query strings and a validator for every request, and look at its media type;
parameters and bodies are read before, and one compiled check holds them against the document.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from connexion.middleware.request_validation import (
    RequestValidationAPI,
    RequestValidationMiddleware,
    RequestValidationOperation,
)
from connexion.operations.abstract import AbstractOperation
from starlette.types import Receive, Scope, Send

from app.contract.document import Contract
from app.domain.errors import BadRequest, Detail
from app.http.exchange import Exchange, exchange_of
from app.http.parameters import Parameters
from app.http.request import conflicting_keys
from app.http.schemas import Body, Schemas


class Check(NamedTuple):
    """What an operation's requests are held against."""

    parameters: Parameters
    body: Body | None


def compile_checks(contract: Contract) -> Mapping[str, Check]:
    """Compile the checks of every operation, by operationId."""
    schemas = Schemas(contract)
    return {
        operation.id: Check(
            Parameters(operation, schemas),
            schemas.body(operation.body_schema_pointer) if operation.body_schema_pointer else None,
        )
        for operation in contract.operations.values()
    }


def check(exchange: Exchange, scope: Scope, checks: Mapping[str, Check]) -> None:
    """Read the arguments into the exchange; raise BadRequest naming every offending field."""
    if exchange.operation is None:
        return
    parameters, body = checks[exchange.operation.id]
    arguments, problems = parameters.read(exchange.path_values, scope["query_string"], scope["headers"])
    if body is not None and exchange.has_body:
        problems += body.problems(exchange.body)
    if problems:
        raise refused(problems)
    exchange.arguments = arguments
    if conflict := conflicting_keys(exchange):
        raise refused(conflict)


def refused(problems: list[Detail]) -> BadRequest:
    """Refuse a request for its fields; the message names the first."""
    return BadRequest(f"{problems[0].field}: {problems[0].message}", details=problems)


def validator_map(checks: Mapping[str, Check]) -> dict[str, Any]:
    """Return what FlaskApp takes as `validator_map`."""
    return {"parameter": partial(check, checks=checks)}


class Validation(RequestValidationMiddleware):
    """Connexion's middleware, with one validator for all of a request."""

    class api_cls(RequestValidationAPI):  # noqa: N801 -- Connexion looks for it under this name
        """Makes what validates an operation's requests."""

        def make_operation(self, operation: AbstractOperation) -> RequestValidationOperation:
            """Validate with the validator of parameters, which checks the body as well."""
            return _Validating(self.next_app, operation=operation, validator_map=self.validator_map)


class _Validating(RequestValidationOperation):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        judge: Any = self._validator_map["parameter"]
        judge(exchange_of(scope), scope)
        await self.next_app(scope, receive, send)
