"""The files that decide which words count, as the section `terms` of the config names them."""

import os
from pathlib import Path
from typing import Any


def bundled_lists(root: Path) -> dict[str, Path]:
    """The bundled stop words of each language, by its code."""
    others = {path.stem: path for path in sorted((root / "data/words/stop_words").glob("*.txt"))}
    return {"en": root / "data/words/stop_words.txt", **others}


def stop_word_file(value: str, root: Path) -> str:
    """The file of stop words that a code of a language or a path names."""
    bundled = bundled_lists(root).get(value)
    if not bundled and not Path(value).is_file() and (root / value).is_file():
        bundled = root / value
    return os.path.normpath(bundled or value)


def word_lists(config: dict[str, Any], root: Path) -> dict[str, Any]:
    """The inputs of `terms` that its keys name: `stop_words`, `lists` (by language) and, if set, `synonyms`."""
    keys = config["terms"]
    given = keys["stop_words"]
    values = [given] if isinstance(given, str) else given
    bundled = bundled_lists(root)
    lists = (
        [os.path.normpath(path) for code, path in bundled.items() if code != "en"] if "auto" in values else []
    )
    named = [stop_word_file("en" if value == "auto" else value, root) for value in values]
    inputs = {"stop_words": list(dict.fromkeys(named)), "lists": lists}
    return inputs | ({"synonyms": keys["synonyms"]} if keys["synonyms"] else {})
