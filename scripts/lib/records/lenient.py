"""Lines that the strict reader of JSON refuses: what they hold, or what is wrong with them."""

import json
import re

from lib.records.fields import JSON_TYPES

COMMON_CHINESE = re.compile("[的，。、]")


def read_leniently(line: bytes) -> tuple[dict, str, str]:
    """(the object, "", ""), or ({}, the bucket of the fault, its reason)."""
    if not line.strip():
        return {}, "blank", "the line is blank"
    try:
        value = json.loads(line.decode(), strict=False)
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: byte 0x{line[error.start]:02x} at column {error.start + 1}"
        if _is_chinese(line):
            reason += "; it seems to be GB18030, which `iconv -f GB18030 -t UTF-8` converts"
        else:
            reason += "; `iconv -t UTF-8 -f CODING` converts a file, often from WINDOWS-1252"
        return {}, "malformed_json", reason
    except RecursionError:
        return {}, "malformed_json", "nested too deeply"
    except json.JSONDecodeError as error:
        return {}, "malformed_json", _remedy(error) or str(error)
    except ValueError as error:
        return {}, "malformed_json", str(error)
    if not isinstance(value, dict):
        kind = JSON_TYPES.get(type(value), "null")
        remedy = "; `jq -c '.[]'` writes its items one per line" if kind == "array" else ""
        return {}, "not_an_object", f"the line is a JSON {kind}{remedy}"
    return value, "", ""


def _remedy(error: json.JSONDecodeError) -> str:
    """What is wrong with a line that holds more or less than one object; empty if it is something else."""
    rest = error.doc[error.pos :].strip()
    if error.doc.strip() in ("[", "]"):
        return "the file is a JSON array over several lines; `jq -c '.[]'` writes its items one per line"
    if error.msg != "Extra data":
        return ""
    if rest == ",":
        return "the line ends in a comma; `sed 's/,[[:space:]]*$//'` removes it"
    if rest.lstrip(", ").startswith("{"):
        return "several objects on one line; `jq -c .` writes them one per line" + (
            " once the commas between them are gone" if rest.startswith(",") else ""
        )
    return ""


def _is_chinese(line: bytes) -> bool:
    """Whether a line that is not UTF-8 reads as Chinese in GB18030, by its commonest characters."""
    try:
        return bool(COMMON_CHINESE.search(line.decode("gb18030")))
    except UnicodeDecodeError:
        return False
