"""Names of topics by a language model behind an OpenAI-compatible address (`POST URL/chat/completions`).

An answer is a suggestion. It becomes a name only if it is one short line, unique, and about the topic.
Nothing else of an answer is used, since titles come from the corpus and may hold instructions.
"""

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from lib.cli import UserError, progress
from lib.files import atomic_outputs
from lib.keywords.word_forms import same_stem
from lib.records.lower_case import lower_case_string
from lib.records.text import normalise
from lib.vectors import unit
from lib.words.spelling import plain
from lib.words.words import LETTERS, split_token, tokens

SECONDS = 30.0  # longest time for an answer: a model on a laptop takes a few seconds
NEIGHBORS = 2  # neighboring topics that a prompt shows
TITLES = 8
MAX_CHARS, MAX_WORDS = 60, 8  # longer answers are sentences
MAX_BYTES = 1 << 20  # of an answer of the server
GIVE_UP = 3  # after this many consecutive topics without an answer, the server is not asked again
THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)  # models that reason aloud
DECORATION = " \t\r\n\"'`*“”„«».:"
PREFIX = re.compile(r"^(?:topic|name|label|topic name)\s*:\s*", re.IGNORECASE)
KEY = re.compile("[!-~]+")
INSTRUCTION = (
    "You name topics of scientific papers for the labels of a map. Answer with the name of the topic alone: two to "
    "five words, in the language of most titles, no quotation marks, no explanation. The name must tell the topic "
    "from its neighbors."
)


class NoAnswer(Exception):
    """The server gave no answer that can be read. The message says why, without the key."""


class NoName(Exception):
    """An answer is not a name. The message says why."""


@dataclass(frozen=True)
class Server:
    """The address that names topics.

    Attributes
    ----------
    key : the API key, if the server needs one
    cache : folder of the answers, so that nothing is asked twice
    seconds : longest time for an answer
    """

    url: str
    model: str
    key: str | None = field(repr=False)
    cache: Path | None
    seconds: float = SECONDS


def key_of(variable: str | None, environment: dict[str, str]) -> str | None:
    """The key in an environment variable; None without a variable.

    Raises
    ------
    UserError
        The variable is not set, or its value cannot be a key. The value is not shown.
    """
    if variable is None:
        return None
    key = environment.get(variable, "").strip()
    if not KEY.fullmatch(key):
        what = "has a value that cannot be sent as a key" if key else "is not set"
        raise UserError(
            f"config key llm.key_variable: the environment variable {variable} {what}; export it first, or set "
            "llm.key_variable to null for a server without a key"
        )
    return key


@dataclass(frozen=True)
class Evidence:
    """The prompt's data on a topic.

    Attributes
    ----------
    keywords, fields : of the topic
    parts : the first keywords of its subtopics
    titles : of papers that differ from each other; titles that hold the keywords would only repeat these
    neighbors : the keywords of neighboring topics
    """

    keywords: list[str]
    fields: list[str]
    parts: list[str]
    titles: list[str]
    neighbors: list[list[str]]

    def prompt(self) -> str:
        """The question, as text."""
        known = {"Keywords": self.keywords, "Fields": self.fields, "Parts": self.parts}
        lines = [f"{what}: {', '.join(words)}" for what, words in known.items() if words]
        lines += ["", "Titles of papers:", *(f"- {title}" for title in self.titles)]
        lines += ["", "Neighboring topics:", *(f"- {', '.join(words)}" for words in self.neighbors)]
        return "\n".join(lines).strip()


def evidence_of(
    keywords: list[list[str]],
    fields: list[list[str]],
    parts: list[list[str]],
    titles: list[list[str]],
    centroids: np.ndarray,
) -> list[Evidence]:
    """The evidence of each topic; its neighbors are those with the nearest centroids.

    Parameters
    ----------
    keywords, fields, parts, titles : of each topic, the best first
    centroids : float (k, dim)
    """
    directions = unit(np.asarray(centroids, np.float32))
    similarity = directions @ directions.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, : min(NEIGHBORS, len(keywords) - 1)]
    return [
        Evidence(words, of_topic, of_parts, shown[:TITLES], [keywords[other][:5] for other in near])
        for words, of_topic, of_parts, shown, near in zip(
            keywords, fields, parts, titles, nearest.tolist(), strict=True
        )
    ]


def ask(server: Server, prompt: str) -> str:
    """The answer of the model. Raises NoAnswer."""
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": prompt}]
    body = json.dumps({"model": server.model, "messages": messages}).encode()
    url = server.url.rstrip("/").removesuffix("/chat/completions") + "/chat/completions"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    if server.key:
        # a redirection to another host does not get it
        request.add_unredirected_header("Authorization", f"Bearer {server.key}")
    try:
        content = _read(request, server.seconds)
        answer = json.loads(content)["choices"][0]["message"]["content"]
    except urllib.error.HTTPError as error:
        reason = http.client.responses.get(error.code, "unknown")
        raise NoAnswer(f"the server says {error.code} ({reason})") from None
    except TimeoutError:
        raise NoAnswer(f"no answer within {server.seconds:g} s") from None
    except urllib.error.URLError as error:
        slow = isinstance(error.reason, TimeoutError)
        why = f"no answer within {server.seconds:g} s" if slow else f"no connection ({error.reason})"
        raise NoAnswer(why) from None
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"the connection broke ({type(error).__name__})") from None
    except (ValueError, LookupError, TypeError):
        raise NoAnswer("the answer is not that of an OpenAI-compatible server") from None
    if not isinstance(answer, str) or (server.key and server.key in answer):
        raise NoAnswer("the answer holds no text")
    return answer


def _read(request: urllib.request.Request, seconds: float) -> bytes:
    """The body of the response. The time limit also holds for a server that sends it byte by byte."""
    deadline = time.monotonic() + seconds
    content = b""
    with urllib.request.urlopen(request, timeout=seconds) as response:
        while part := response.read1(1 << 16):
            content += part
            if time.monotonic() > deadline:
                raise TimeoutError
            if len(content) > MAX_BYTES:
                raise ValueError("too long")
    return content


def name_in(answer: str, evidence: Evidence) -> str:
    """The name in an answer. Raises NoName if there is none."""
    text = THOUGHT.sub("", answer).strip(DECORATION)
    if "\n" in text or "<" in text or "{" in text:
        raise NoName("the answer is not one line of text")
    name = PREFIX.sub("", normalise(text)[0]).strip(DECORATION)
    if not LETTERS.search(name):
        raise NoName("the answer is empty")
    if len(name) > MAX_CHARS or len(name.split()) > MAX_WORDS:
        raise NoName("the answer is too long for a name")
    in_name, known = (
        _words(name),
        _words("\n".join([*evidence.keywords, *evidence.fields, *evidence.parts, *evidence.titles])),
    )
    if in_name and known and not any(same_stem(word, other) for word in in_name for other in known):
        raise NoName(f"no word of {name!r} is in the keywords, fields, parts or titles")
    return name


def _words(text: str) -> set[str]:
    parts = [part for token in tokens(lower_case_string(text)) for part in split_token(token, frozenset())]
    return {plain(part) for part in parts if part}


def cached(server: Server, prompt: str, asked: Callable[[], str]) -> str:
    """The result of `asked`; read from a file if this model has answered this question before."""
    if server.cache is None:
        return asked()
    question = {"url": server.url, "model": server.model, "instruction": INSTRUCTION, "prompt": prompt}
    digest = blake2b(json.dumps(question).encode(), digest_size=16).hexdigest()
    path = server.cache / f"{digest}.json"
    try:
        return str(json.loads(path.read_text("utf-8"))["name"])
    except (OSError, ValueError, LookupError, TypeError):
        pass  # not there, or damaged: ask again
    name = asked()
    with atomic_outputs(path) as (file,):
        file.write_text(json.dumps(question | {"name": name}, ensure_ascii=False, indent=1), "utf-8")
    return name


def name_topics(
    server: Server, topics: list[Evidence | None], default: list[str]
) -> tuple[list[str], dict[int, str]]:
    """A name for each topic, and the reason for each topic that keeps its default name.

    Parameters
    ----------
    topics : what the model is told of each topic; None: it keeps its default name
    default : names of the topics, all different
    """
    names, reasons = list(default), {}
    silent = 0
    taken = {name.casefold(): topic for topic, name in enumerate(default)}
    for topic, evidence in enumerate(progress(topics, desc="names", unit=" topics")):
        if evidence is None:
            continue
        if silent == GIVE_UP:
            reasons[topic] = f"not asked, after {GIVE_UP} topics without an answer"
            continue
        prompt = evidence.prompt()
        try:
            name = cached(server, prompt, lambda: name_in(ask(server, prompt), evidence))  # noqa: B023
            silent = 0
        except NoAnswer as error:
            silent += 1
            reasons[topic] = str(error)
            continue
        except NoName as error:
            silent = 0
            reasons[topic] = str(error)
            continue
        if taken.get(name.casefold(), topic) != topic:
            reasons[topic] = f"{name!r} is the name of topic {taken[name.casefold()]}"
            continue
        names[topic] = name
        taken[name.casefold()] = topic
    return names, reasons


def summary_of(reasons: dict[int, str], k: int) -> str:
    """The topics that keep their default names, as a warning."""
    first = "; ".join(f"topic {topic}: {reason}" for topic, reason in list(reasons.items())[:5])
    more = f"; and {len(reasons) - 5} more" if len(reasons) > 5 else ""
    return f"{len(reasons)} of {k} topics keep their default names, since the language model gave none: {first}{more}"
