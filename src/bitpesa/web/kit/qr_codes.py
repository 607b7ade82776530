"""The picture that an authenticator scans."""

import io

import segno


def qr_code(uri: str) -> str:
    """A QR code as SVG that stands in the page itself: black on white in every colour scheme, or no camera reads it."""
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(
        drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False, svgns=False, title="QR code"
    )
    return drawn.getvalue().decode()


def in_groups(secret: str) -> str:
    """A secret in groups of four letters, as people copy it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
