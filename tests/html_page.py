"""The text of an HTML page as a reader sees it, and the cells of its tables by their labels."""

from html.parser import HTMLParser

# elements that stand in a line with the text around them
INLINE = {"a", "b", "button", "code", "i", "mark", "small", "span", "sup"}
UNSEEN = {"script", "style"}


def joined(pieces: list[str]) -> str:
    """Text with single spaces."""
    return " ".join("".join(pieces).split())


class Page(HTMLParser):
    """A page without attributes that hold scripts.

    Attributes
    ----------
    tags : names of all elements, in order
    links : what `href` and `src` name, without places on the page itself and the files beside it
    text : the text; elements that are not in a line with others are separated by a space
    tables : rows of each table or description list by its id, each as the texts of its cells; if the table has a
        head, its labels are the first row
    """

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.open = ""
        self.table: list[list[str]] | None = None
        self.pieces: list[str] = []
        self.cell: list[str] | None = None
        self.feed(page)
        self.text = joined(self.pieces)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open = tag
        self.separate(tag)
        self.links += [
            value
            for name, value in attrs
            if name in ("href", "src") and value[0] != "#" and value not in ("map.html", "methods.md")
        ]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag in ("table", "dl"):
            self.table = self.tables.setdefault(dict(attrs).get("id", ""), [])
        elif self.table is not None and tag in ("tr", "dt"):
            self.table.append([])
        if self.table is not None and tag in ("th", "td", "dt", "dd"):
            self.cell = []

    def handle_data(self, data):
        if self.open not in UNSEEN:
            self.pieces.append(data)
            if self.cell is not None:
                self.cell.append(data)

    def handle_endtag(self, tag):
        self.open = ""
        self.separate(tag)
        if self.cell is not None and tag in ("th", "td", "dt", "dd"):
            self.table[-1].append(joined(self.cell))
            self.cell = None
        elif tag in ("table", "dl"):
            self.table = None

    def separate(self, tag: str) -> None:
        """Put a space between what is on two lines of the page."""
        if tag not in INLINE:
            self.pieces.append(" ")
            if self.cell is not None:
                self.cell.append(" ")

    def rows(self, table: str) -> dict[str, list[str]]:
        """The rows of a table by the text of their first cell; none if the page has no such table."""
        rows = {row[0]: row for row in self.tables.get(table, [])}
        assert len(rows) == len(self.tables.get(table, [])), f"two rows of {table} have one label"
        return rows

    def value(self, table: str, row: str) -> str:
        """The cell beside the label of a row of two cells."""
        _, cell = self.rows(table)[row]
        return cell

    def cells(self, table: str, row: str) -> dict[str, str]:
        """The cells of a row by the labels in the head of the table."""
        return dict(zip(self.tables[table][0], self.rows(table)[row], strict=True))
