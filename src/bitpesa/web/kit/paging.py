"""What lists of the portal are asked for: a page, a range of days, texts to look for."""

from datetime import datetime
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request

from bitpesa.kernel.values.timestamps import read_end, read_moment

PER = 20
LAST_PAGE = 5000
LONGEST_TEXT = 255


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """Where one is in a list; `before` and `after` are the addresses of the pages beside it."""

    page: int
    last: int
    total: int
    first: str
    before: str | None
    after: str | None


class Asked(msgspec.Struct, frozen=True):
    """What the address of a list asks for. What makes no sense there is passed over: people edit addresses."""

    path: str
    query: QueryParams

    @property
    def page(self) -> int:
        """Which page is asked for."""
        text = self.query.get("page", "1")
        return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 1  # noqa: PLR2004 - more digits than any page has

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return (self.page - 1) * PER

    def text(self, name: str) -> str | None:
        """A text to look for; None when there is none."""
        text = self.query.get(name, "").replace("\x00", "").strip()[:LONGEST_TEXT]
        return text or None

    def since(self) -> datetime | None:
        """The first moment of the range."""
        text = self.text("from")
        try:
            return None if text is None else read_moment(text)
        except ValueError:
            return None

    def before(self) -> datetime | None:
        """The first moment after the range; a day is in it as a whole."""
        text = self.text("to")
        try:
            return None if text is None else read_end(text)
        except ValueError:
            return None

    def pages(self, total: int) -> Pages:
        """The pages of a list of so many rows."""
        last = max(-(-total // PER), 1)
        return Pages(
            page=self.page,
            last=last,
            total=total,
            first=self._address(1),
            before=self._address(min(self.page, last + 1) - 1) if self.page > 1 else None,
            after=self._address(self.page + 1) if self.page < last else None,
        )

    def _address(self, page: int) -> str:
        others = [(name, value) for name, value in self.query.multi_items() if name != "page" and value]
        return f"{self.path}?{urlencode([*others, ('page', str(page))])}"


def asked(request: Request, path: str | None = None) -> Asked:
    """What a request for a list asks for. `path`: where the list is, when it is the answer to a form sent elsewhere."""
    return Asked(path or request.url.path, request.query_params)
