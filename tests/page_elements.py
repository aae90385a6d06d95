"""A page of HTML taken apart, for tests."""

from html.parser import HTMLParser


class Elements(HTMLParser):
    """Every element of a page: its name and attributes; the text of each; rows of tables."""

    def __init__(self, page):
        super().__init__()
        self.found, self.texts, self.open, self.rows, self.tables = [], [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append(["", []])
        elif tag == "tr":
            self.rows.append([])
            self.tables[-1][1].append(self.rows[-1])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
        self.found.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))
        if {"th", "td"} & set(self.open):
            self.rows[-1][-1] += data
        elif "caption" in self.open:
            self.tables[-1][0] += data

    @property
    def text(self):
        """All words of the page."""
        return " ".join(" ".join(data for _, data in self.texts).split())

    def table(self, caption):
        """The rows below the head of the first table whose caption begins so."""
        return next(rows[1:] for told, rows in self.tables if told.startswith(caption))

    def row(self, *first):
        """The cells of the only row that begins so."""
        (found,) = [one for one in self.rows if one[: len(first)] == list(first)]
        return found
