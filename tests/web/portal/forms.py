"""The forms of a page, as a browser would send them."""

from html.parser import HTMLParser

import msgspec


class Form(msgspec.Struct):
    """One form: where it goes, how, and what it says as it was shown."""

    action: str
    method: str
    fields: dict[str, list[str]]


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self._inside: Form | None = None
        self._select: str | None = None
        self._first: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = given.get("action") or self.path
            self._inside = Form(action, given.get("method", "get").lower(), {})
            self.forms.append(self._inside)
        if self._inside is None:
            return
        if tag in ("input", "textarea") and "name" in given and "disabled" not in given:
            if given.get("type") in ("checkbox", "radio") and "checked" not in given:
                return
            self._say(given["name"], given.get("value", ""))
        if tag == "select":
            self._select, self._first = given["name"], None
        if tag == "option" and self._select is not None:
            if "selected" in given:
                self._say(self._select, given.get("value", ""))
                self._select = None
            elif self._first is None:
                self._first = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            self._say(self._select, self._first or "")
            self._select = None
        if tag == "form":
            self._inside = None

    def _say(self, name: str, value: str) -> None:
        assert self._inside is not None
        self._inside.fields.setdefault(name, []).append(value)


def forms_of(text: str, path: str) -> list[Form]:
    """Every form that a page shows; one without an action is sent to the page itself."""
    reader = _Reader(path.partition("?")[0])
    reader.feed(text)
    return reader.forms
