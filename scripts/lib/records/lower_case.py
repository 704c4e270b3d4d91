"""Lower case, the same for all texts and for what is looked for in them."""

import pyarrow as pa
import pyarrow.compute as pc


def lower_case(texts: pa.Array) -> pa.Array:
    """Texts in lower case, as in the column `text`: strings of the same type, with as many characters.

    Python's `str.lower` makes two characters of `İ`, and another letter of a `Σ` at the end of a word. What is
    looked for in `text`, such as the title, is therefore put into lower case by this function too.
    """
    return pc.utf8_lower(texts)


def lower_case_string(text: str) -> str:
    """One text as `lower_case` returns it."""
    lowered: str = text.lower() if text.isascii() else lower_case(pa.scalar(text)).as_py()
    return lowered
