"""Folding the files of spec/ into one document."""

import pytest

from app.contract.load import SpecError, load, read_yaml, spec_folder
from tests.contract.conftest import WriteTree


def test_yaml_is_read_with_the_types_of_json_only(write_tree: WriteTree) -> None:
    text = "{opens: 18:30, country: NO, zip: 012345, on: 2026-04-10, yes: yes, octal: 0o17, hex: 0x1F}"
    assert read_yaml(write_tree(openapi_yaml=text)) == {
        "opens": "18:30",
        "country": "NO",
        "zip": "012345",
        "on": "2026-04-10",
        "yes": "yes",
        "octal": "0o17",
        "hex": "0x1F",
    }


def test_yaml_keeps_the_types_that_json_has(write_tree: WriteTree) -> None:
    text = "{a: 1, b: -2.5, c: 1e3, d: true, e: false, f: null, g: ~, h: , i: '7', 200: x}"
    assert read_yaml(write_tree(openapi_yaml=text)) == {
        "a": 1,
        "b": -2.5,
        "c": 1000.0,
        "d": True,
        "e": False,
        "f": None,
        "g": None,
        "h": None,
        "i": "7",
        "200": "x",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{a: 1, a: 2}", "each is given once"),
        ("{200: 1, '200': 2}", "each is given once"),
        ("? [a, b]\n: 1", "keys are texts"),
        ("[1, 2]", "does not hold a mapping"),
        ("{a: [", "is not YAML"),
    ],
)
def test_yaml_that_says_two_things_is_refused(write_tree: WriteTree, text: str, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        read_yaml(write_tree(openapi_yaml=text))


def test_a_missing_file_is_named(write_tree: WriteTree) -> None:
    root = write_tree(openapi_yaml="{paths: {/a: {$ref: 'gone.yaml#/paths/a'}}}")
    with pytest.raises(SpecError, match=r"gone\.yaml cannot be read"):
        load(root)


def test_a_definition_takes_the_name_that_the_table_of_contents_gives_it(write_tree: WriteTree) -> None:
    root = write_tree(
        openapi_yaml="{paths: {}, components: {schemas: {Lot: {$ref: 'lots.yaml#/schemas/AnyLot'}}}}",
        lots_yaml="""
            schemas:
              AnyLot: {type: object, properties: {self: {$ref: '#/schemas/Name'}}}
              Name: {type: string}""",
    )
    assert load(root)["components"]["schemas"] == {
        "Lot": {"type": "object", "properties": {"self": {"$ref": "#/components/schemas/Name"}}},
        "Name": {"type": "string"},
    }


def test_references_from_every_file_meet_at_one_definition(write_tree: WriteTree) -> None:
    root = write_tree(
        openapi_yaml="""
            paths: {/lots: {$ref: 'lots.yaml#/paths/lots'}}
            components: {schemas: {Lot: {$ref: 'lots.yaml#/schemas/Lot'}}}""",
        lots_yaml="""
            paths:
              lots:
                get: {root: {$ref: 'openapi.yaml#/components/schemas/Lot'}, file: {$ref: '#/schemas/Lot'}}
            schemas: {Lot: {type: object}}""",
    )
    folded = load(root)
    assert folded["paths"]["/lots"]["get"] == {
        "root": {"$ref": "#/components/schemas/Lot"},
        "file": {"$ref": "#/components/schemas/Lot"},
    }


def test_what_stands_beside_a_reference_stays(write_tree: WriteTree) -> None:
    root = write_tree(
        openapi_yaml="""
            paths: {/a: {schema: {$ref: '#/components/schemas/A', description: here}}}
            components: {schemas: {A: {type: string}}}""",
    )
    assert load(root)["paths"]["/a"]["schema"] == {"$ref": "#/components/schemas/A", "description": "here"}


def test_the_mapping_of_a_discriminator_is_folded_too(write_tree: WriteTree) -> None:
    root = write_tree(
        openapi_yaml="{paths: {}, components: {schemas: {Act: {$ref: 'acts.yaml#/schemas/Act'}}}}",
        acts_yaml="""
            schemas:
              Act:
                oneOf: [{$ref: '#/schemas/A'}]
                discriminator: {propertyName: action, mapping: {a: '#/schemas/A'}}
              A: {type: object}""",
    )
    act = load(root)["components"]["schemas"]["Act"]
    assert act["discriminator"]["mapping"] == {"a": "#/components/schemas/A"}


def test_what_is_no_component_is_folded_in_where_it_is_referred_to(write_tree: WriteTree) -> None:
    root = write_tree(
        openapi_yaml="{info: {x-own: {$ref: 'catalogue.yaml#/errors'}}, paths: {}, components: {}}",
        catalogue_yaml="{errors: {NOT_FOUND: {status: 404}}}",
    )
    assert load(root)["info"]["x-own"] == {"NOT_FOUND": {"status": 404}}


def test_paths_and_names_with_slashes_are_found(write_tree: WriteTree) -> None:
    root = write_tree(openapi_yaml="{paths: {/a/b: {x: 1}, /c: {$ref: '#/paths/~1a~1b'}}, components: {}}")
    assert load(root)["paths"]["/c"] == {"x": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{paths: {/a: {$ref: '#/nowhere'}}}", "there is nothing at"),
        ("{paths: {/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}}}", "refers to itself"),
        ("{paths: {/a: {deeper: {$ref: '#/paths/~1a'}}}}", "contains itself"),
        (
            "{paths: {}, components: {schemas: {A: {type: string}, B: {$ref: '#/components/schemas/A'}}}}",
            "exists already",
        ),
    ],
)
def test_references_that_lead_nowhere_are_refused(write_tree: WriteTree, text: str, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        load(write_tree(openapi_yaml=text))


def test_two_definitions_of_one_name_are_refused(write_tree: WriteTree) -> None:
    root = write_tree(
        openapi_yaml="{paths: {/a: {a: {$ref: 'a.yaml#/schemas/Lot'}, b: {$ref: 'b.yaml#/schemas/Lot'}}}}",
        a_yaml="{schemas: {Lot: {type: string}}}",
        b_yaml="{schemas: {Lot: {type: object}}}",
    )
    with pytest.raises(SpecError, match="components/schemas/Lot exists already"):
        load(root)


def test_a_folder_without_a_contract_is_named(write_tree: WriteTree) -> None:
    folder = write_tree(lots_yaml="{}").parent
    with pytest.raises(SpecError, match=r"There is no openapi\.yaml"):
        spec_folder(folder)
