"""Naming by a language model, against a server in this process that answers well, badly or not at all."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from lib.cli import UserError
from lib.naming import llm as naming
from lib.naming.llm import (
    Evidence,
    NoAnswer,
    NoName,
    Server,
    ask,
    evidence_of,
    key_of,
    name_in,
    name_topics,
    summary_of,
)

KEY = "sk-very-secret"
DARK = Evidence(
    ["dark matter", "halo"],
    ["Cosmology"],
    ["galaxies"],
    ["The halo of a galaxy", "Dark matter"],
    [["stars"], ["quarks"]],
)


def reply(text: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": text}}]}).encode()


class StandIn:
    """A server whose answers are those of `answer`: (status, headers, body) for the question of a user."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None, dict]] = []
        self.answer = lambda prompt: (200, {}, reply("Dark Matter Halos"))
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                asked = json.loads(content)
                stand_in.requests.append((self.path, self.headers["Authorization"], asked))
                status, headers, body = stand_in.answer(asked["messages"][1]["content"])
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for part in [body] if isinstance(body, bytes) else body:
                    try:
                        self.wfile.write(part)
                    except OSError:
                        return

            def do_GET(self) -> None:
                stand_in.requests.append((self.path, self.headers["Authorization"], {}))
                self.send_response(404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    found = StandIn()
    yield found
    found.server.shutdown()
    found.server.server_close()


def server_at(url: str, cache=None, seconds: float = 5.0) -> Server:
    return Server(url, "some-model", KEY, cache, seconds)


def test_the_question_and_the_name(stand_in):
    assert name_in(ask(server_at(stand_in.url), DARK.prompt()), DARK) == "Dark Matter Halos"
    ((path, key, asked),) = stand_in.requests
    assert (path, key, asked["model"]) == ("/v1/chat/completions", f"Bearer {KEY}", "some-model")
    said = asked["messages"][1]["content"]
    for text in ("dark matter, halo", "- The halo of a galaxy", "- stars", "- quarks"):
        assert text in said
    ask(server_at(f"{stand_in.url}/chat/completions/"), "x")
    assert stand_in.requests[1][0] == "/v1/chat/completions"


def drip():
    for _ in range(40):
        time.sleep(0.05)
        yield b" "


BAD_ANSWERS = {
    "HTML": ((200, {}, b"<!doctype html><p>Log in"), "not that of an OpenAI-compatible server"),
    "no JSON object": ((200, {}, b"[]"), "not that of an OpenAI-compatible server"),
    "other keys": ((200, {}, b'{"error": "x"}'), "not that of an OpenAI-compatible server"),
    "no choice": ((200, {}, b'{"choices": []}'), "not that of an OpenAI-compatible server"),
    "null": ((200, {}, reply(None)), "no text"),
    "nothing": ((200, {}, b""), "not that of an OpenAI-compatible server"),
    "bytes": ((200, {}, b"\xff\xfe"), "not that of an OpenAI-compatible server"),
    "too much": ((200, {}, b" " * (2 << 20)), "not that of an OpenAI-compatible server"),
    "refused": ((401, {}, KEY.encode()), "401 (Unauthorized)"),
    "broken": ((500, {}, b""), "500 (Internal Server Error)"),
    "elsewhere": ((302, {"Location": "/other"}, b""), "404 (Not Found)"),
    "drip": ((200, {}, drip()), "no answer within 0.5 s"),
    "the key": ((200, {}, reply(f"Dark {KEY}")), "no text"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_bad_answers_are_named(stand_in, name):
    answer, said = BAD_ANSWERS[name]
    stand_in.answer = lambda prompt: answer
    with pytest.raises(NoAnswer) as raised:
        ask(server_at(stand_in.url, seconds=0.5), "x")
    assert said in str(raised.value) and KEY not in str(raised.value)


def test_a_redirection_does_not_get_the_key(stand_in):
    other = StandIn()
    stand_in.answer = lambda prompt: (302, {"Location": f"{other.url}/x"}, b"")
    with pytest.raises(NoAnswer):
        ask(server_at(stand_in.url), "x")
    other.server.shutdown()
    other.server.server_close()
    assert [key for _, key, _ in other.requests] == [None]


def test_a_slow_and_an_absent_server_are_named(stand_in):
    stop = threading.Event()
    stand_in.answer = lambda prompt: (200 + stop.wait(5), {}, b"")
    with pytest.raises(NoAnswer, match=r"no answer within 0\.2 s"):
        ask(server_at(stand_in.url, seconds=0.2), "x")
    stop.set()
    with pytest.raises(NoAnswer, match="no connection"):
        ask(server_at("http://127.0.0.1:9"), "x")


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("Dark Matter Halos", "Dark Matter Halos"),
        (' "Dark matter halos."\n', "Dark matter halos"),
        ("**Topic: Dark matter**", "Dark matter"),
        ("<think>It is about halos,\nperhaps.</think>\n\nGalactic Halos", "Galactic Halos"),
        ("Haloes of dark\u00a0matter", "Haloes of dark matter"),
    ],
)
def test_names_in_answers(answer, name):
    assert name_in(answer, DARK) == name


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "empty"),
        (" ... ", "empty"),
        ("<think>x</think>", "empty"),
        ("Sure!\nDark matter", "not one line"),
        ("<b>Dark matter</b>", "not one line"),
        ('{"name": "Dark matter"}', "not one line"),
        ("The name of this topic would have to be dark matter", "too long"),
        ("Darkmatterhalo" * 5, "too long"),
        ("Protein folding", "no word of 'Protein folding'"),
        ("I cannot help", "no word of"),
    ],
)
def test_answers_that_are_no_names(answer, said):
    with pytest.raises(NoName, match=said):
        name_in(answer, DARK)


def test_names_of_topics_without_known_words_are_not_compared():
    parts = Evidence(["dark"], [], ["random matrices"], ["On dark things"], [])
    assert name_in("Random Matrices", parts) == "Random Matrices"
    assert name_in("銀河の形成", Evidence([], [], [], ["わたしたちの銀河のせいちょう"], [])) == "銀河の形成"


def topics(*words: str) -> list[Evidence]:
    return [Evidence([word], [], [], [f"On {word}"], []) for word in words]


def test_names_are_unique_and_the_others_stay(stand_in, tmp_path):
    answers = {
        "galaxies": "The Galaxies",
        "star galaxies": "the galaxies",
        "spin": "Quarks",
        "quarks": "quarks · gluons",
    }
    stand_in.answer = lambda prompt: (
        200,
        {},
        reply(next(a for w, a in answers.items() if f"On {w}" in prompt)),
    )
    default = ["galaxies · a", "stars · b", "spin · c", "quarks · gluons"]
    names, reasons = name_topics(server_at(stand_in.url), topics(*answers), default)
    assert names == ["The Galaxies", "stars · b", "spin · c", "quarks · gluons"]
    assert list(reasons) == [1, 2]
    assert reasons[1] == "'the galaxies' is the name of topic 0" and "no word" in reasons[2]
    assert "2 of 4 topics keep their default names" in summary_of(reasons, 4)
    # the default name of another topic is taken too
    stand_in.answer = lambda prompt: (200, {}, reply("spin"))
    names, reasons = name_topics(server_at(stand_in.url), topics("spin a", "spin b"), ["x", "spin"])
    assert names == ["x", "spin"] and list(reasons) == [0]


def test_a_server_that_never_answers_is_not_asked_for_all_topics(stand_in):
    stand_in.answer = lambda prompt: (503, {}, b"")
    words = [f"word{letter}" for letter in "abcdefgh"]
    names, reasons = name_topics(server_at(stand_in.url), topics(*words), words)
    assert names == words and len(reasons) == 8 and len(stand_in.requests) == naming.GIVE_UP
    assert "not asked" in reasons[7] and "and 3 more" in summary_of(reasons, 8)


def test_answers_are_asked_for_once_and_hold_no_key(stand_in, tmp_path):
    server = server_at(stand_in.url, tmp_path / "names")
    first = name_topics(server, [DARK], ["x"])
    assert first == name_topics(server, [DARK], ["x"]) == (["Dark Matter Halos"], {})
    assert len(stand_in.requests) == 1
    (file,) = (tmp_path / "names").iterdir()
    content = json.loads(file.read_text())
    assert content["name"] == "Dark Matter Halos" and content["prompt"] == DARK.prompt()
    assert KEY not in file.read_text() and KEY not in repr(server)
    # another question, and a damaged file, are asked again; what is no name is not kept
    file.write_text("{")
    assert name_topics(server, [DARK], ["x"]) == first and len(stand_in.requests) == 2
    stand_in.answer = lambda prompt: (200, {}, reply(""))
    other = Evidence(["dark"], [], [], [], [])
    for _ in range(2):
        assert list(name_topics(server, [other], ["x"])[1]) == [0]
    assert len(stand_in.requests) == 4 and len(list((tmp_path / "names").iterdir())) == 1


def test_keys():
    assert key_of(None, {}) is None and key_of("A_KEY", {"A_KEY": f"{KEY}\n"}) == KEY
    with pytest.raises(UserError, match="A_KEY is not set"):
        key_of("A_KEY", {})
    with pytest.raises(UserError, match="cannot be sent") as raised:
        key_of("A_KEY", {"A_KEY": "sk\nsecret"})
    assert "secret" not in str(raised.value)


def test_neighbors_are_the_topics_with_the_nearest_centroids():
    centroids = np.array([[1, 0], [0.9, 0.1], [0, 1], [-1, 0], [0.5, 0.5]])
    found = evidence_of(
        [["a"], ["b"], ["c"], ["d"], ["e"]], [["f"]] * 5, [["p"]] * 5, [["t"] * 20] * 5, centroids
    )
    assert found[0].neighbors == [["b"], ["e"]] and len(found[0].titles) == naming.TITLES
    assert found[3].prompt().startswith("Keywords: d\nFields: f\nParts: p\n\nTitles of papers:\n- t\n")
    assert evidence_of([["a"]], [[]], [[]], [["t"]], centroids[:1])[0].neighbors == []
