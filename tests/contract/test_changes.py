"""Planted changes: each is found at its place, on its side, and weighs what docs/versioning.md says."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from app.contract.changes.document import compare
from app.contract.changes.entries import grouped
from tests.contract import planting as plant
from tests.contract.planting import SMALL, Plant, all_of, more, of, pop, put


class Case(NamedTuple):
    """A change, and every line that it makes: what it weighs, whom it meets, and where it is."""

    name: str
    plant: Plant
    lines: tuple[str, ...]


def case(name: str, planted: Plant, *lines: str) -> Case:
    return Case(name, planted, lines)


BODY = "createStay: request body"
DRY = "createStay: query parameter dry"
FIND = "dispatch: request body: <find>"

OPERATIONS = [
    case("gone", lambda it: it["paths"].pop("/stays/{stay_id}"), "breaking neither getStay"),
    case("new", plant.another_operation, "additive neither listStays"),
    case("renamed", put(plant.create, operationId="makeStay"), "breaking neither createStay"),
    case("at another path", plant.elsewhere, "breaking request createStay: path"),
    case("by another method", plant.by_another_method, "breaking request createStay: path"),
    case("summary", put(plant.create, summary="Make a stay"), "docs neither createStay"),
    case("description", put(plant.create, description="Makes it."), "docs neither createStay"),
    case("tag", put(plant.create, tags=["more"]), "docs neither createStay"),
    case("deprecated", put(plant.create, deprecated=True), "additive neither createStay"),
    case("since", put(plant.create, x__deprecated__at="2026-01-01T00:00:00Z"), "additive neither createStay"),
    case("sunset", put(plant.create, x__sunset="2027-01-01T00:00:00Z"), "additive neither createStay"),
    case("action renamed", put(plant.action, name="make"), "breaking neither createStay: agent action"),
    case("action reworded", put(plant.action, description="Makes."), "docs neither createStay: agent action"),
    case("question reworded", put(plant.action, confirmation="So?"), "docs neither createStay: agent action"),
    case("asks nothing", pop(plant.action, "confirmation"), "additive neither createStay: agent action"),
    case("hint", put(plant.action, annotations={}), "additive neither createStay: agent action"),
    case("action gone", pop(plant.create, "x-agent-action"), "breaking neither createStay: agent action"),
    case("action new", put(plant.show, x__agent__action={}), "additive neither getStay: agent action"),
    case("consequence", put(plant.create, x__openai__isConsequential=False), "additive neither createStay"),
    case("unknown keyword", put(plant.create, callbacks={}), "breaking neither createStay"),
    case("unknown method", lambda it: it["paths"]["/stays"].update(trace={}), "breaking neither /stays"),
]
ACCESS = [
    case(
        "one of two scopes is enough no longer",
        put(plant.create, security=[{"bearer": ["stays:write"]}]),
        "breaking request createStay: security",
    ),
    case(
        "another scope is enough, too",
        put(plant.create, security=[*SMALL["paths"]["/stays"]["post"]["security"], {"bearer": ["admin"]}]),
        "additive request createStay: security",
    ),
    case(
        "both scopes are needed",
        put(plant.create, security=[{"bearer": ["stays:write", "stays:all"]}]),
        "breaking request createStay: security",
    ),
    case("any key", put(plant.create, security=[{"bearer": []}]), "additive request createStay: security"),
    case("a key is needed", put(plant.show, security=[{"bearer": []}]), "breaking request getStay: security"),
    case("nobody is asked", put(plant.create, security=[{}]), "additive request createStay: security"),
    case(
        "another order",
        put(plant.show, security=[{"bearer": ["stays:read"]}, {}]),
        "docs request getStay: security",
    ),
    case(
        "the default is another",
        lambda it: it.update(security=[{}]),
        "docs neither ",
        "additive request dispatch: security",
    ),
    case(
        "scheme sent elsewhere",
        lambda it: it["components"]["securitySchemes"]["bearer"].update(type="apiKey"),
        "breaking request security scheme bearer",
    ),
    case(
        "scheme reworded",
        lambda it: it["components"]["securitySchemes"]["bearer"].update(description="Key."),
        "docs request security scheme bearer",
    ),
    case("lower plan", put(plant.create, x__plan="starter"), "additive request createStay: plan"),
    case("every plan", pop(plant.create, "x-plan"), "additive request createStay: plan"),
    case("higher plan", put(plant.create, x__plan="enterprise"), "breaking request createStay: plan"),
    case("larger budget", put(plant.create, x__budget="lone"), "additive request createStay: budget"),
    case(
        "larger budget, from which another operation pays",
        put(plant.create, x__budget="large"),
        "breaking request createStay: budget",
    ),
    case(
        "budget of as much, from which another operation pays",
        put(plant.run, x__budget="busy"),
        "breaking request dispatch: budget",
    ),
    case(
        "budget of an action, from which another operation pays",
        put(plant.action, budget="large"),
        "breaking request createStay: agent action: budget",
    ),
    case(
        "all that paid from a budget pay from another",
        all_of(put(plant.create, x__budget="lone"), put(plant.action, budget="lone")),
        "additive request createStay: budget",
        "additive request createStay: agent action: budget",
    ),
    case(
        "budget from which only a new operation pays",
        all_of(plant.another_operation, put(plant.list_, x__budget="lone"), put(plant.run, x__budget="lone")),
        "additive neither listStays",
        "additive request dispatch: budget",
    ),
    case("smaller budget", put(plant.show, x__budget="small"), "breaking request getStay: budget"),
    case("counted per address", put(plant.create, x__budget="shared"), "breaking request createStay: budget"),
    case(
        "limit raised",
        lambda it: plant.budgets(it)["small"].update(limit=90),
        "additive request budget small",
    ),
    case(
        "limit lowered",
        lambda it: plant.budgets(it)["small"].update(limit=9),
        "breaking request budget small",
    ),
    case("budget gone", lambda it: plant.budgets(it).pop("shared"), "breaking request budget shared"),
    case(
        "budget reworded",
        lambda it: plant.budgets(it)["small"].update(meaning="S."),
        "docs request budget small",
    ),
]
PARAMETERS = [
    case(
        "optional", plant.another_query(required=False), "additive request createStay: query parameter lang"
    ),
    case("required", plant.another_query(required=True), "breaking request createStay: query parameter lang"),
    case("gone", lambda it: plant.create(it)["parameters"].pop(0), f"breaking request {DRY}"),
    case("required now", plant.parameter(required=True), f"breaking request {DRY}"),
    case("type", plant.parameter(schema={"type": "string", "default": False}), f"breaking request {DRY}"),
    case("default", plant.parameter(schema={"type": "boolean", "default": True}), f"breaking request {DRY}"),
    case("reworded", plant.parameter(description="Test."), f"docs request {DRY}"),
    case("deprecated", plant.parameter(deprecated=True), f"additive request {DRY}"),
    case("style", plant.parameter(style="deepObject"), f"breaking request {DRY}"),
    case(
        "in a header",
        plant.parameter(**{"in": "header"}),
        f"breaking request {DRY}",
        "additive request createStay: header parameter dry",
    ),
    case(
        "case of a header",
        lambda it: plant.create(it)["parameters"][1].update(name="x-trace"),
        "docs request createStay: header parameter x-trace",
    ),
    case("another order", lambda it: plant.create(it)["parameters"].reverse(), "docs neither createStay"),
]
BODIES = [
    case("gone", pop(plant.create, "requestBody"), f"breaking request {BODY}"),
    case("may be left out", put(plant.body, required=False), f"additive request {BODY}"),
    case(
        "new",
        put(plant.show, requestBody=SMALL["paths"]["/stays"]["post"]["requestBody"]),
        "breaking request getStay: request body",
    ),
    case("media type gone", lambda it: plant.body(it)["content"].clear(), f"breaking request {BODY}"),
    case(
        "media type new",
        lambda it: plant.body(it)["content"].update({"text/csv": {}}),
        f"additive request {BODY}",
    ),
    case(
        "example",
        lambda it: plant.body(it)["content"]["application/json"].pop("examples"),
        f"docs request {BODY}",
    ),
    case("property", more("StayRequest", extra={"type": "string"}), f"additive request {BODY}: extra"),
    case(
        "required property",
        all_of(more("StayRequest", extra={"type": "string"}), of("StayRequest", required=["kind", "extra"])),
        f"breaking request {BODY}: extra",
    ),
    case("required now", of("StayRequest", required=["kind", "hours"]), f"breaking request {BODY}: hours"),
    case("optional now", of("StayRequest", required=[]), f"additive request {BODY}: kind"),
    case(
        "property gone",
        lambda it: plant.schemas(it)["StayRequest"]["properties"].pop("note"),
        f"breaking request {BODY}: note",
    ),
    case("opened", of("StayRequest", additionalProperties=True), f"additive request {BODY}: *"),
    case("enum narrowed", of("StayRequest.kind", enum=["car"]), f"breaking request {BODY}: kind"),
    case(
        "enum widened", of("StayRequest.kind", enum=["car", "van", "bus"]), f"additive request {BODY}: kind"
    ),
    case("enum dropped", pop(plant.named("StayRequest.kind"), "enum"), f"additive request {BODY}: kind"),
    case("enum reordered", of("StayRequest.kind", enum=["van", "car"]), f"docs request {BODY}: kind"),
    case("reworded", of("StayRequest.kind", description="Kind."), f"docs request {BODY}: kind"),
    case("another example", of("StayRequest.kind", examples=["van"]), f"docs request {BODY}: kind"),
    case("type", of("StayRequest.hours", type="string"), f"breaking request {BODY}: hours"),
    case("wider type", of("StayRequest.hours", type="number"), f"additive request {BODY}: hours"),
    case("narrower type", of("StayRequest.share", type="integer"), f"breaking request {BODY}: share"),
    case("null no longer", of("StayRequest.note", type="string"), f"breaking request {BODY}: note"),
    case("null, too", of("StayRequest.plate", type=["string", "null"]), f"additive request {BODY}: plate"),
    case("maximum lowered", of("StayRequest.hours", maximum=12), f"breaking request {BODY}: hours"),
    case("maximum raised", of("StayRequest.hours", maximum=48), f"additive request {BODY}: hours"),
    case("minimum raised", of("StayRequest.hours", minimum=2), f"breaking request {BODY}: hours"),
    case(
        "minimum dropped", pop(plant.named("StayRequest.hours"), "minimum"), f"additive request {BODY}: hours"
    ),
    case(
        "minimum excluded",
        all_of(pop(plant.named("StayRequest.hours"), "minimum"), of("StayRequest.hours", exclusiveMinimum=1)),
        f"breaking request {BODY}: hours",
    ),
    case(
        "exclusive bound raised",
        of("StayRequest.share", exclusiveMaximum=2),
        f"additive request {BODY}: share",
    ),
    case(
        "exclusive bound lowered",
        of("StayRequest.share", exclusiveMaximum=0.5),
        f"breaking request {BODY}: share",
    ),
    case("a bound that binds nothing", of("StayRequest.share", minimum=-5), f"docs request {BODY}: share"),
    case("finer step", of("StayRequest.hours", multipleOf=1), f"additive request {BODY}: hours"),
    case("coarser step", of("StayRequest.hours", multipleOf=4), f"breaking request {BODY}: hours"),
    case("other step", of("StayRequest.hours", multipleOf=3), f"breaking request {BODY}: hours"),
    case("maxLength narrowed", of("StayRequest.plate", maxLength=8), f"breaking request {BODY}: plate"),
    case("maxLength widened", of("StayRequest.plate", maxLength=12), f"additive request {BODY}: plate"),
    case("minLength raised", of("StayRequest.plate", minLength=3), f"breaking request {BODY}: plate"),
    case(
        "minLength dropped",
        pop(plant.named("StayRequest.plate"), "minLength"),
        f"additive request {BODY}: plate",
    ),
    case("pattern", of("StayRequest.plate", pattern="^[A-Z0-9]+$"), f"breaking request {BODY}: plate"),
    case(
        "pattern dropped", pop(plant.named("StayRequest.plate"), "pattern"), f"additive request {BODY}: plate"
    ),
    case("format", of("StayRequest.plate", format="email"), f"breaking request {BODY}: plate"),
    case("format dropped", pop(plant.named("StayRequest.note"), "format"), f"additive request {BODY}: note"),
    case("fewer items", of("StayRequest.tags", maxItems=4), f"breaking request {BODY}: tags"),
    case("no items", of("StayRequest.tags", minItems=0), f"additive request {BODY}: tags"),
    case("unique items", of("StayRequest.tags", uniqueItems=True), f"breaking request {BODY}: tags"),
    case(
        "items",
        of("StayRequest.tags", items={"type": "string", "maxLength": 9}),
        f"breaking request {BODY}: tags[]",
    ),
    case("more names", of("StayRequest.labels", maxProperties=9), f"additive request {BODY}: labels"),
    case(
        "longer names",
        of("StayRequest.labels", propertyNames={"type": "string", "maxLength": 10}),
        f"additive request {BODY}: labels<names>",
    ),
    case(
        "values of a map",
        of("StayRequest.labels", additionalProperties={"type": "integer"}),
        f"breaking request {BODY}: labels.*",
    ),
    case(
        "const",
        of("StayRequest.fixed", const="two"),
        f"breaking request {BODY}: fixed",
        f"additive request {BODY}: fixed",
    ),
    case(
        "property of a map",
        of("StayRequest.labels", properties={"n": {"type": "string"}}),
        f"additive request {BODY}: labels.n",
    ),
    case(
        "property of a map, narrower",
        of("StayRequest.labels", properties={"n": {"type": "string", "maxLength": 9}}),
        f"additive request {BODY}: labels.n",
        f"breaking request {BODY}: labels.n",
    ),
    case(
        "property of a map, required",
        of("StayRequest.labels", properties={"n": {"type": "string"}}, required=["n"]),
        f"breaking request {BODY}: labels.n",
    ),
    case("default", of("StayRequest.hours", default=4), f"breaking request {BODY}: hours"),
    case("no default", pop(plant.named("StayRequest.hours"), "default"), f"breaking request {BODY}: hours"),
    case("new default", of("StayRequest.plate", default="AA"), f"additive request {BODY}: plate"),
    case("deprecated", of("StayRequest.note", deprecated=True), f"additive request {BODY}: note"),
    case("unknown keyword", of("StayRequest.note", unevaluatedItems=False), f"breaking request {BODY}: note"),
    case("allOf", of("StayRequest.note", allOf=[{"maxLength": 5}]), f"breaking request {BODY}: note"),
    case("beside a reference", plant.bound_beside_a_reference, f"breaking request {BODY}"),
    case(
        "now one of several",
        of("StayRequest.note", oneOf=[{"maxLength": 5}, {"maxLength": 9}]),
        f"breaking request {BODY}: note",
    ),
    case(
        "a definition by another name",
        plant.renamed_definition,
        "docs response Entry.within",
        "docs response Stay.lines[]",
    ),
]
VARIANTS = [
    case(
        "gone",
        plant.one_variant_less,
        "breaking request dispatch: request body: <end>",
        "breaking request dispatch: request body",
    ),
    case(
        "new",
        plant.another_variant,
        "additive request dispatch: request body: <pay>",
        "additive request dispatch: request body",
    ),
    case("property required", of("Find", required=["action", "near"]), f"breaking request {FIND}.near"),
    case(
        "told apart by another",
        lambda it: plant.schemas(it)["Action"]["discriminator"].update(propertyName="kind"),
        "breaking request dispatch: request body",
    ),
    case(
        "not told apart",
        pop(plant.named("Action"), "discriminator"),
        "breaking request dispatch: request body",
        "breaking request dispatch: request body: <find>",
        "breaking request dispatch: request body: <end>",
        "breaking request dispatch: request body: <action=find>",
        "breaking request dispatch: request body: <action=end>",
    ),
    case(
        "reached by the mapping alone",
        of("Card.last4", type="integer"),
        "breaking response dispatch: 200: <Found>.method<card>.last4",
    ),
    case(
        "reached by the mapping alone, which names it without its path",
        of("Cash.coins", type="string"),
        "breaking response dispatch: 200: <Found>.method<cash>.coins",
    ),
    case("another answer", plant.another_result, "additive response dispatch: 200: <Paid>"),
    case(
        "answer gone",
        lambda it: plant.schemas(it)["Result"]["oneOf"].pop(),
        "additive response dispatch: 200: <Ended>",
    ),
]
ANSWERS = [
    case(
        "refusal new",
        lambda it: plant.create(it)["responses"].update({"503": {}}),
        "additive response createStay: 503",
    ),
    case(
        "status new",
        lambda it: plant.create(it)["responses"].update({"202": {}}),
        "breaking response createStay: 202",
    ),
    case(
        "status gone",
        lambda it: plant.create(it)["responses"].pop("409"),
        "breaking response createStay: 409",
    ),
    case(
        "media type gone", lambda it: plant.made(it)["content"].clear(), "breaking response createStay: 201"
    ),
    case(
        "media type new",
        lambda it: plant.made(it)["content"].update({"text/csv": {}}),
        "additive response createStay: 201",
    ),
    case("header gone", pop(plant.made, "headers"), "breaking response createStay: 201: header Location"),
    case(
        "header new",
        lambda it: plant.made(it)["headers"].update(ETag={}),
        "additive response createStay: 201: header ETag",
    ),
    case(
        "header optional", plant.header(required=False), "breaking response createStay: 201: header Location"
    ),
    case(
        "header longer",
        plant.header(schema={"type": "string", "maxLength": 200}),
        "breaking response createStay: 201: header Location",
    ),
    case(
        "header always",
        lambda it: plant.refused(it)["headers"]["Retry-After"].update(required=True),
        "additive response Refused",
    ),
    case("link gone", pop(plant.made, "links"), "breaking response createStay: 201: link Read"),
    case(
        "link elsewhere",
        lambda it: plant.made(it)["links"]["Read"].update(operationId="dispatch"),
        "breaking response createStay: 201: link Read",
    ),
    case("property new", more("Stay", extra={"type": "string"}), "additive response Stay.extra"),
    case(
        "property gone",
        lambda it: plant.schemas(it)["Stay"]["properties"].pop("total"),
        "breaking response Stay.total",
    ),
    case("property optional", of("Stay", required=["id"]), "breaking response Stay.status"),
    case("property always", of("Stay", required=["id", "status", "total"]), "additive response Stay.total"),
    case("opened", of("Stay", additionalProperties=True), "additive response Stay.*"),
    case("enum widened", of("Stay.status", enum=["open", "closed", "lost"]), "additive response Stay.status"),
    case("enum narrowed", of("Stay.status", enum=["open"]), "additive response Stay.status"),
    case(
        "enum with other values throughout",
        of("Stay.status", enum=["OPEN", "CLOSED"]),
        "breaking response Stay.status",
        "additive response Stay.status",
    ),
    case(
        "const",
        of("Stay.kind", const="visit"),
        "breaking response Stay.kind",
        "additive response Stay.kind",
    ),
    case(
        "const is one of several",
        all_of(pop(plant.named("Stay.kind"), "const"), of("Stay.kind", enum=["stay", "visit"])),
        "additive response Stay.kind",
    ),
    case(
        "property of a map, of another type",
        of("Stay.names", properties={"n": {"type": "integer"}}),
        "additive response Stay.names.n",
        "breaking response Stay.names.n",
    ),
    case(
        "property of a map, narrower",
        of("Stay.names", properties={"n": {"type": "string", "maxLength": 9, "description": "N."}}),
        "additive response Stay.names.n",
    ),
    case("enum dropped", pop(plant.named("Stay.status"), "enum"), "breaking response Stay.status"),
    case("type", of("Stay.total", type="string"), "breaking response Stay.total"),
    case("null, too", of("Stay.total", type=["number", "null"]), "breaking response Stay.total"),
    case("maximum raised", of("Stay.total", maximum=200), "breaking response Stay.total"),
    case("maximum lowered", of("Stay.total", maximum=50), "additive response Stay.total"),
    case("format dropped", pop(plant.named("Stay.id"), "format"), "breaking response Stay.id"),
    case("pattern new", of("Stay.id", pattern="^[a-f]+$"), "additive response Stay.id"),
    case("default", of("Stay.total", default=1), "docs response Stay.total"),
    case("deprecated", of("Stay.total", deprecated=True), "additive response Stay.total"),
    case(
        "values of a map gone", of("Stay.names", additionalProperties=False), "breaking response Stay.names.*"
    ),
    case("in a schema that holds itself", of("Line.text", maxLength=50), "breaking response Line.text"),
    case("error code", of("Code", enum=["BAD_REQUEST", "NOT_FOUND", "GONE"]), "additive response Code"),
    case(
        "error code gone", lambda it: plant.errors(it).pop("NOT_FOUND"), "breaking response error NOT_FOUND"
    ),
    case("error new", lambda it: plant.errors(it).update(GONE={}), "additive response error GONE"),
    case(
        "error's status",
        lambda it: plant.errors(it)["NOT_FOUND"].update(status=410),
        "breaking response error NOT_FOUND",
    ),
    case(
        "error reworded",
        lambda it: plant.errors(it)["NOT_FOUND"].update(action="Wait."),
        "docs response error NOT_FOUND",
    ),
]
DOCUMENT = [
    case("server gone", lambda it: it["servers"].clear(), "breaking neither server https://parkgraph.com"),
    case(
        "server new",
        lambda it: it["servers"].append({"url": "https://b.example"}),
        "additive neither server https://b.example",
    ),
    case(
        "server reworded",
        lambda it: it["servers"][0].update(description="L."),
        "docs neither server https://parkgraph.com",
    ),
    case("title", lambda it: it["info"].update(title="Other"), "docs neither "),
    case("tag reworded", lambda it: it["tags"][0].update(description="S."), "docs neither "),
    case("OpenAPI", lambda it: it.update(openapi="3.2.0"), "breaking neither "),
    case("unknown keyword", lambda it: it.update(webhooks={"paid": {}}), "breaking neither "),
    case("idle definition", lambda it: plant.schemas(it).update(Idle={}), "docs neither schemas/Idle"),
    case("version", lambda it: it["info"].update(version="2.0.0")),
    case("nothing", lambda it: it),
]
CASES = [
    pytest.param(each, id=f"{table}: {each.name}")
    for table, cases in {
        "operation": OPERATIONS,
        "access": ACCESS,
        "parameter": PARAMETERS,
        "body": BODIES,
        "variant": VARIANTS,
        "answer": ANSWERS,
        "document": DOCUMENT,
    }.items()
    for each in cases
]


def lines(released: plant.Document, current: plant.Document) -> set[str]:
    return {f"{each.impact} {each.side} {each.place}" for each in grouped(compare(released, current))}


@pytest.mark.parametrize("each", CASES)
def test_a_planted_change_is_told_for_what_it_is(each: Case) -> None:
    changed = deepcopy(SMALL)
    each.plant(changed)
    assert lines(SMALL, changed) == set(each.lines)


def test_a_sunset_that_is_brought_forward_breaks_a_promise() -> None:
    late, early = deepcopy(SMALL), deepcopy(SMALL)
    put(plant.create, x__sunset="2027-06-01T00:00:00Z")(late)
    put(plant.create, x__sunset="2027-01-01T00:00:00Z")(early)
    assert lines(late, early) == {"breaking neither createStay"}
    assert lines(early, late) == {"additive neither createStay"}


RELEASED = datetime(2026, 12, 1, tzinfo=UTC)
ENOUGH, TOO_SOON = "2027-05-30T00:00:00Z", "2027-05-29T23:59:59Z"


@pytest.mark.parametrize(
    ("sunset", "since", "impact"),
    [
        (ENOUGH, None, "additive"),
        (ENOUGH, "2026-01-01T00:00:00Z", "additive"),
        (ENOUGH, "2026-12-01T00:00:01Z", "breaking"),
        (TOO_SOON, None, "breaking"),
        (TOO_SOON, "2026-01-01T00:00:00Z", "breaking"),
        ("2020-01-01T00:00:00Z", None, "breaking"),
        ("tomorrow", None, "breaking"),
    ],
)
def test_a_first_sunset_gives_notice_from_the_release_on(sunset: str, since: str | None, impact: str) -> None:
    words = {"deprecated": True, "x-sunset": sunset} | ({"x-deprecated-at": since} if since else {})
    leaving = deepcopy(SMALL)
    plant.create(leaving).update(words)
    found = compare(SMALL, leaving, released_at=RELEASED)
    assert [each.impact for each in found if "is served until" in each.sentence] == [impact]


def test_a_sunset_that_nobody_knows_the_release_of_is_held_against_its_deprecation() -> None:
    leaving = deepcopy(SMALL)
    plant.create(leaving).update({"x-deprecated-at": "2026-12-01T00:00:00Z", "x-sunset": TOO_SOON})
    assert "breaking" in {each.impact for each in compare(SMALL, leaving)}


def test_a_property_that_an_open_request_names_now_may_refuse_what_was_taken() -> None:
    opened, named = deepcopy(SMALL), deepcopy(SMALL)
    for document in (opened, named):
        of("StayRequest", additionalProperties=True)(document)
    more("StayRequest", extra={"type": "string"})(named)
    assert lines(opened, named) == {f"breaking request {BODY}: extra"}


def test_a_reference_that_leads_nowhere_breaks() -> None:
    broken = deepcopy(SMALL)
    plant.named("Stay.lines")(broken)["items"]["$ref"] = "#/components/schemas/Nothing"
    assert {line.split()[0] for line in lines(SMALL, broken)} >= {"breaking"}


def test_true_is_not_one() -> None:
    ones, truths = deepcopy(SMALL), deepcopy(SMALL)
    of("StayRequest.fixed", const=1)(ones)
    of("StayRequest.fixed", const=True)(truths)
    assert "breaking request createStay: request body: fixed" in lines(ones, truths)


def test_a_mapping_that_leads_elsewhere_breaks() -> None:
    crossed = deepcopy(SMALL)
    plant.crossed_mapping(crossed)
    assert "breaking request dispatch: request body: <find>.near" in lines(SMALL, crossed)


def test_the_heaviest_change_is_told_first() -> None:
    changed = deepcopy(SMALL)
    all_of(put(plant.create, summary="Make a stay"), pop(plant.create, "requestBody"))(changed)
    assert [change.impact for change in compare(SMALL, changed)] == ["breaking", "docs"]
    assert compare(SMALL, changed)[0].where == "createStay: request body"
