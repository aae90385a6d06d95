"""docs/shield.md is what the models say, and says everything that they do."""

import json
from pathlib import Path

from airshield.config import json_schema, radar_types
from airshield.config.reference import shield_reference

PAGE = Path(__file__).parents[2] / "docs" / "shield.md"


def test_the_page_is_made_from_the_models():
    made = "python -m airshield.config.reference > docs/shield.md"
    assert PAGE.read_text(encoding="utf-8") == shield_reference(), made


def test_every_key_of_the_schema_and_every_type_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    schema = json_schema()
    tables = [schema["shield"], *schema["shield"]["$defs"].values(), schema["factor"]]
    for table in tables:
        for key, field in table.get("properties", {}).items():
            assert f"`{key}`" in page
            assert field.get("description"), (table["title"], key)
    for name in radar_types():
        assert f"| {name} |" in page
    assert "None" not in page


def test_the_schema_takes_what_the_loader_takes():
    """Every example is valid by a plain walk of the schema: no key that an editor would mark."""
    import tomllib

    schema = json_schema()["shield"]

    def check(value, node, where):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        if "anyOf" in node:
            kinds = {str: "string", dict: "object", list: "array", float: "number", int: "number"}
            fitting = [
                choice
                for choice in node["anyOf"]
                if choice.get("type") == kinds[type(value)] or value in choice.get("enum", [])
            ]
            assert fitting, (where, value)
            node = fitting[0]
        if isinstance(value, dict):
            assert set(value) <= set(node["properties"]), where
            assert set(node.get("required", [])) <= set(value), where
            for key, inner in value.items():
                check(inner, node["properties"][key], (*where, key))
        elif isinstance(value, list):
            for i, inner in enumerate(value):
                check(inner, node["items"], (*where, i))

    for path in sorted(PAGE.parents[1].glob("examples/*/shield.toml")):
        check(tomllib.loads(path.read_text(encoding="utf-8")), schema, (path.parent.name,))
    json.dumps(schema)
