"""Planted changes of variants, of what operations answer, and of the document around them."""

from tests.contract import planting as plant
from tests.contract.planting import all_of, case, more, of, pop

FIND = "dispatch: request body: <find>"

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
