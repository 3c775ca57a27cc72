"""Planted changes of operations, of who may call them, and of what they take."""

from tests.contract import planting as plant
from tests.contract.planting import SMALL, all_of, case, more, of, pop, put

BODY = "createStay: request body"
DRY = "createStay: query parameter dry"

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
