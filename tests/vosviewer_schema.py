"""The schema of the JSON files of VOSviewer Online, written from its documentation."""

# https://app.vosviewer.com/docs/file-types/json-file-type/; VOSviewer publishes no schema
NUMBERS = {"type": "object", "additionalProperties": {"type": "number"}}


ITEM = {
    "id": {"type": ["string", "integer"], "minimum": 1},
    "label": {"type": "string", "minLength": 1},
    "description": {"type": "string"},
    "url": {"type": "string", "pattern": "^https?://"},
    "x": {"type": "number"},
    "y": {"type": "number"},
    "cluster": {"type": "integer", "minimum": 1, "maximum": 1000},
    "weights": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
    "scores": NUMBERS,
}


LINK = {
    "source_id": ITEM["id"],
    "target_id": ITEM["id"],
    "strength": {"type": "number", "minimum": 0},
}


CLUSTER = {"cluster": ITEM["cluster"], "label": {"type": "string"}}


WORDS = ("item", "items", "link", "links", "link_strength", "total_link_strength", "cluster", "clusters")


def of(properties: dict, *required: str, least: int = 0) -> dict:
    """A list of objects with these properties and no others."""
    item = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return {"type": "array", "items": item, "minItems": least}


ONLINE = {
    "type": "object",
    "required": ["network"],
    "additionalProperties": False,
    "properties": {
        "network": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "items": of(ITEM, "id", "label", "x", "y", least=3),
                "links": of(LINK, "source_id", "target_id", "strength"),
                "clusters": of(CLUSTER, "cluster", "label"),
            },
        },
        "config": {
            "type": "object",
            "properties": {"terminology": {"type": "object", "propertyNames": {"enum": list(WORDS)}}},
        },
    },
}
