"""Step 7b: is the request what the contract says? Connexion asks; the authored document answers.

Connexion makes a validator for every request, so these hold nothing but the way to the compiled checks.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from connexion.middleware.request_validation import (
    RequestValidationAPI,
    RequestValidationMiddleware,
    RequestValidationOperation,
)
from connexion.operations.abstract import AbstractOperation
from starlette.types import Scope

from app.contract.document import Contract
from app.contract.operations import JSON
from app.domain.errors import BadRequest, Detail
from app.http.exchange import Exchange, Headers, exchange_of
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

    class ParameterValidator:
        """Stands where Connexion expects its parameter validator, and checks the body as well."""

        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def validate(self, scope: Scope) -> None:
            """Check the request, or raise BadRequest."""
            check(exchange_of(scope), scope, checks)

    return {"parameter": ParameterValidator}


class Validation(RequestValidationMiddleware):
    """Connexion's middleware, but for what it would learn of bodies: those are read and checked."""

    class api_cls(RequestValidationAPI):  # noqa: N801 -- Connexion looks for it under this name
        """Makes what validates an operation's requests."""

        def make_operation(self, operation: AbstractOperation) -> RequestValidationOperation:
            """Validate as Connexion does, without another look at the media type."""
            return _Validating(
                self.next_app,
                operation=operation,
                strict_validation=self.strict_validation,
                validator_map=self.validator_map,
            )


class _Validating(RequestValidationOperation):
    def extract_content_type(self, headers: Headers) -> tuple[str, str]:
        return JSON, "utf-8"


class NoParsing:
    """Stands where Connexion expects a parser of query strings, which it makes twice for every request."""

    def __init__(self, *_: Any) -> None:
        pass
