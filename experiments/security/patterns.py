"""Every regular expression of the program, fed what it would take longest to refuse.

`python -m experiments.security.patterns` tries them in a process whose time is limited, and prints JSON.
"""

import asyncio
import importlib
import json
import pkgutil
import re
import signal
import sys
from collections.abc import Iterator
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import bitpesa
from bitpesa.rails.corridors.catalogue import CORRIDORS
from experiments.security.findings import Chapter, Promise

LENGTH = 4_000
"""Longer than any text that a pattern is handed: fields end at 255 characters, URLs at 2,000, moments at 64."""
SECONDS = 2.0
"""Of the processor. What is linear takes a thousandth of it; what doubles with each letter never ends."""
FILLERS = " a0A-.;,:/=@\t"


async def patterns() -> Chapter:
    """Try them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "experiments.security.patterns", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    promise = Promise(sentence="no pattern takes long to refuse a text")
    if process.returncode:
        promise.hold(so=False, attempt=f"the process that tries them ended with {process.returncode}")
        return Chapter("Patterns", [promise])
    found = json.loads(output)
    promise.tried, promise.broken = found["tried"], found["slow"]
    promise.figure = f"{found['patterns']} patterns, texts of {LENGTH:,} characters"
    return Chapter("Patterns", [promise])


def all_patterns() -> dict[str, re.Pattern[Any]]:
    """Every pattern that a module holds, and those of the corridors' data, by where they stand."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.walk_packages(bitpesa.__path__, "bitpesa."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for each in value if isinstance(value, tuple | list) else [value]:
                if isinstance(each, re.Pattern):
                    found.setdefault(f"{module.name}.{name} {each.pattern!r}", each)
    for corridor in CORRIDORS:
        for field in corridor.fields:
            if field.pattern is not None:
                found.setdefault(f"{corridor.type} {field.name}", re.compile(field.pattern, re.ASCII))
    return found


def hostile(pattern: str | bytes) -> Iterator[str]:
    """Texts that match up to a repetition, go round in it, and then end as nothing does."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    tree = parser.parse(text)
    for filler in FILLERS:
        for before, body in _repetitions(list(tree), "", filler):
            if body:
                yield (before + body * (LENGTH // len(body)))[:LENGTH] + "\x00"


def _repetitions(nodes: list[Any], before: str, filler: str) -> Iterator[tuple[str, str]]:
    """Each repetition of a pattern: what leads to it, and what goes round in it."""
    for position, (code, value) in enumerate(nodes):
        lead = before + _sample(nodes[:position], filler, 1)
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            _, most, body = value
            if most is codes.MAXREPEAT or most > 1:
                yield lead, _sample(list(body), filler, 1)
                yield lead, _sample(list(body), filler, 2)
            yield from _repetitions(list(body), lead, filler)
        elif code is codes.SUBPATTERN:
            yield from _repetitions(list(value[-1]), lead, filler)
        elif code is codes.BRANCH:
            for branch in value[1]:
                yield from _repetitions(list(branch), lead, filler)


def _sample(nodes: list[Any], filler: str, times: int) -> str:
    """A text that nodes match, or nearly, made of the filler wherever it may be."""
    return "".join(_sample_of(code, value, filler, times) for code, value in nodes)


def _sample_of(code: Any, value: Any, filler: str, times: int) -> str:
    match code:
        case codes.LITERAL:
            return chr(value)
        case codes.NOT_LITERAL:
            return filler if ord(filler) != value else "b"
        case codes.ANY:
            return filler
        case codes.IN:
            return _member(value, filler)
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            least, most, body = value
            return _sample(list(body), filler, times) * min(max(least, times), int(most), 100)
        case codes.SUBPATTERN:
            return _sample(list(value[-1]), filler, times)
        case codes.BRANCH:
            return _sample(list(value[1][0]), filler, times)
        case _:
            return ""


def _member(choices: list[Any], filler: str) -> str:
    """A character of a class: the filler if it is one."""
    probe = re.compile("")
    for candidate in (filler, *map(chr, range(32, 127)), "\t", "\n"):
        if _is_member(choices, candidate):
            return candidate
    return probe.pattern


def _is_member(choices: list[Any], character: str) -> bool:
    negated = choices[0][0] is codes.NEGATE
    categories = {
        codes.CATEGORY_DIGIT: str.isdigit,
        codes.CATEGORY_NOT_DIGIT: lambda c: not c.isdigit(),
        codes.CATEGORY_SPACE: str.isspace,
        codes.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
        codes.CATEGORY_WORD: lambda c: c.isalnum() or c == "_",
        codes.CATEGORY_NOT_WORD: lambda c: not (c.isalnum() or c == "_"),
    }
    is_in = any(
        (code is codes.LITERAL and ord(character) == value)
        or (code is codes.RANGE and value[0] <= ord(character) <= value[1])
        or (code is codes.CATEGORY and categories[value](character))
        for code, value in choices
    )
    return is_in is not negated


class _TooSlow(Exception):
    pass


def _stop(_number: int, _frame: object) -> None:
    raise _TooSlow


def main() -> None:
    """Try every pattern with every text, and print what was slow."""
    signal.signal(signal.SIGVTALRM, _stop)
    found, tried, slow = all_patterns(), 0, []
    for where, pattern in found.items():
        texts = dict.fromkeys([*hostile(pattern.pattern), *(filler * LENGTH for filler in FILLERS)])
        for text in texts:
            subject = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
            tried += 1
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            try:
                pattern.search(subject)
                pattern.fullmatch(subject)
            except _TooSlow:
                slow.append(f"{where} with {text[:40]!r}")
                break
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    print(json.dumps({"patterns": len(found), "tried": tried, "slow": slow}))


if __name__ == "__main__":
    main()
