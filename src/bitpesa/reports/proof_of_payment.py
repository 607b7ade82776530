"""The proof of a payment: what was paid to whom, on one page, for a payout that succeeded (flows 8.9).

The sandbox writes one itself, as a bank would; it says that no money moved. The same payout always gives the same file.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import resources
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.corridors.catalogue import corridor
from bitpesa.kernel.money import minor_to_decimal
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.signed_links import SignedLinks
from bitpesa.kernel.statements import Connection
from bitpesa.recipients import queries as recipients
from bitpesa.recipients.model import PAID, Recipient
from bitpesa.transactions import queries as transactions
from bitpesa.transactions.model import Payment

_ACCOUNT_FIELDS = ("bank_account", "iban", "phone_number", "reference")
_LEFT, _TOP, _LABEL_WIDTH, _LINE = 20, 24, 55, 9
_FONT = ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf")
_FONT_FOR_ARABIC = ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf")


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof says: lines of a name and a value, in order."""

    recipient_id: UUID
    paid_at: datetime
    lines: tuple[tuple[str, str], ...]

    @property
    def file_name(self) -> str:
        """What the file is called."""
        return f"proof_of_payment_{self.recipient_id}.pdf"


def link_path(app_id: UUID, recipient_id: UUID) -> str:
    """Where a proof is shown to whoever has a link to it."""
    return f"/files/proofs/{app_id}/{recipient_id}.pdf"


def links(master_keys: Sequence[str]) -> SignedLinks:
    """Links to proofs; their time runs on the app's clock."""
    return SignedLinks(master_keys, "proofs")


async def proof_of(conn: Connection, app_id: UUID, recipient_id: UUID | None) -> Proof | None:
    """The proof that a recipient was paid; None when it was not, or not yet. Raises NotFound."""
    transaction_id = await recipients.transaction_of(conn, app_id, recipient_id)
    payment = await transactions.find(conn, app_id, transaction_id)
    recipient = next((each for each in payment.recipients if each.id == recipient_id), None)
    if recipient is None:
        raise NotFound
    return proof(payment, recipient)


def proof(payment: Payment, recipient: Recipient) -> Proof | None:
    """What is proven of a recipient; None unless it was paid."""
    if recipient.state not in PAID:
        return None
    return Proof(recipient_id=recipient.id, paid_at=recipient.updated_at, lines=tuple(_lines(payment, recipient)))


def render(shown: Proof) -> bytes:
    """The proof as a PDF of one page. Names in Latin, Greek, Cyrillic, Devanagari and Arabic letters can be read."""
    from fpdf import FPDF  # noqa: PLC0415 - takes seconds to load, and nobody else needs it

    page = FPDF(format="A4")
    page.set_creation_date(shown.paid_at)
    page.set_title("Proof of payment")
    page.set_lang("en")
    page.add_font("text", fname=_font(*_FONT))
    page.add_font("arabic", fname=_font(*_FONT_FOR_ARABIC))
    page.set_fallback_fonts(["arabic"])
    page.set_text_shaping(True)
    page.set_margins(_LEFT, _TOP, _LEFT)
    page.add_page()
    page.set_font("text", size=20)
    page.cell(0, 2 * _LINE, "Proof of payment", new_x="LMARGIN", new_y="NEXT")
    page.set_font("text", size=11)
    for name, value in shown.lines:
        page.set_text_color(100)
        page.cell(_LABEL_WIDTH, _LINE, name)
        page.set_text_color(0)
        page.multi_cell(0, _LINE, value, align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(_LINE)
    page.set_font("text", size=9)
    page.multi_cell(0, _LINE, "Made by a sandbox: nobody was paid, and no money moved.", align="L")
    return bytes(page.output())


def _lines(payment: Payment, recipient: Recipient) -> Iterator[tuple[str, str]]:
    t, details = payment.transaction, recipient.details
    known = corridor(recipient.payout_type)
    bank = next((bank.label for bank in known.banks if bank.code == details.get("bank_code")), None) if known else None
    amount = f"{minor_to_decimal(recipient.output.minor, recipient.output.currency):,f} {recipient.output.currency}"
    account = next((details[name] for name in _ACCOUNT_FIELDS if details.get(name)), None)
    for name, value in (
        ("Paid to", _name(recipient.type, details)),
        ("Amount", amount),
        ("Paid on", f"{recipient.updated_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Payout type", recipient.payout_type),
        ("Bank", bank or details.get("bank_name")),
        ("Mobile provider", details.get("mobile_provider")),
        ("Account", account),
        ("Sent by", _name(payment.sender.type, payment.sender.profile)),
        ("Payment reference", recipient.system_metadata.get("payment_reference")),
        ("Recipient", str(recipient.id)),
        ("Transaction", str(t.id)),
        ("Your reference", t.external_id),
    ):
        if value:
            yield name, " ".join(str(value).split())


def _name(type_: str, fields: dict[str, Any]) -> str:
    if type_ == "business":
        return str(fields.get("name") or "")
    return " ".join(str(fields[name]) for name in ("first_name", "middle_name", "last_name") if fields.get(name))


def _font(package: str, file: str) -> str:
    return str(resources.files(package).joinpath(file))
