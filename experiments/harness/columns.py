"""Tables in Markdown that read well at a terminal too."""

from collections.abc import Collection, Iterator, Sequence


def in_columns(rows: Sequence[Sequence[str]], right_aligned: Collection[int]) -> Iterator[str]:
    """The lines of a table; the first row is its headings. `right_aligned`: columns of figures, counted from 0."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if column in right_aligned else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            rules = [
                "-" * (width - 1) + (":" if column in right_aligned else "-") for column, width in enumerate(widths)
            ]
            yield f"| {' | '.join(rules)} |"
