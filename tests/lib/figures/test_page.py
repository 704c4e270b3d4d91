"""Addresses of papers."""

import pytest

from lib.figures.page import paper_url


@pytest.mark.parametrize(
    ("link", "identifier", "url"),
    [
        ("https://arxiv.org/abs/{id}", "hep-th/9901001", "https://arxiv.org/abs/hep-th/9901001"),
        ("https://doi.org/{id}", "10.1/a b?<c>", "https://doi.org/10.1/a%20b%3F%3Cc%3E"),
        ("{id}", "https://openalex.org/W1", "https://openalex.org/W1"),
        ("{id}", "javascript:alert(1)", None),
        (None, "x", None),
    ],
)
def test_only_web_addresses_are_links(link, identifier, url):
    assert paper_url(link, identifier) == url
