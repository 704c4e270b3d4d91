"""Describe the columns of a schema."""

import pyarrow as pa


def column(name: str, kind: pa.DataType, description: str) -> pa.Field:
    """A column of a schema, with its description for docs/files.md."""
    return pa.field(name, kind, metadata={"description": description})
