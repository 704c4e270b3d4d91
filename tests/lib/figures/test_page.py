"""Addresses of papers, and the script and policy of a page."""

import pytest

from lib.figures.page import content_policy, join_modules, paper_url


@pytest.mark.parametrize(
    ("link", "identifier", "url"),
    [
        ("https://arxiv.org/abs/{id}", "hep-th/9901001", "https://arxiv.org/abs/hep-th/9901001"),
        ("https://doi.org/{id}", "10.1/a b?<c>", "https://doi.org/10.1/a%20b%3F%3Cc%3E"),
        ("https://arxiv.org/abs/{id}", "2301.00001", "https://arxiv.org/abs/2301.00001"),
        ("https://arxiv.org/abs/{id}", "10.1016/j.x.2020.01.001", "https://doi.org/10.1016/j.x.2020.01.001"),
        ("https://arxiv.org/abs/{id}", "smith2020deep", None),
        ("https://arxiv.org/abs/{id}", "https://openalex.org/W1", "https://openalex.org/W1"),
        ("https://x.org/{id}", "10.1016/j.x.2020.01.001", "https://x.org/10.1016/j.x.2020.01.001"),
        ("{id}", "10.1016/j.x.2020.01.001", "https://doi.org/10.1016/j.x.2020.01.001"),
        ("https://x.org/{id}", "hash:0123", None),
        ("{id}", "https://openalex.org/W1", "https://openalex.org/W1"),
        ("{id}", "javascript:alert(1)", None),
        (None, "x", None),
    ],
)
def test_only_web_addresses_are_links(link, identifier, url):
    assert paper_url(link, identifier) == url


def test_modules_become_one_script():
    first, second = (
        "export const a = 1;\n",
        'import { a } from "./first.js";\nexport function b() { return a; }\n',
    )
    assert join_modules([first, second]) == "const a = 1;\nfunction b() { return a; }\n"
    policy = content_policy("let x;", "p {}")
    assert "unsafe-" not in policy and "default-src 'none'" in policy
