"""The names of categories, in words."""

import csv
from pathlib import Path

from lib.cli import UserError


def read_category_names(path: Path) -> dict[str, str]:
    """The names of categories, from a CSV file with the columns `category` and `name`.

    Raises
    ------
    UserError
        The file lacks a column, or is not a CSV file in UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"config key label.category_names: {path} is not a CSV file in UTF-8 ({error}); save it as such"
        ) from None
    columns = [name.strip() for name in rows[0]] if rows else []
    if missing := {"category", "name"} - set(columns):
        raise UserError(
            f"config key label.category_names: {path} lacks the column {' and '.join(sorted(missing))}; its first "
            "line must be category,name"
        )
    pairs = (dict(zip(columns, row, strict=False)) for row in rows[1:])
    return {pair["category"]: pair["name"] for pair in pairs if pair.get("category") and pair.get("name")}
