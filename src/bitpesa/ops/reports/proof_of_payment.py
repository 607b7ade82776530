"""The proof of a payment: what was paid to whom, on one page, for a payout that succeeded (flows 8.9).

The sandbox writes one itself, as a bank would; it says that no money moved. The same payout always gives the same file.
A name in whatever script is told: in its letters where there is a font for them, else in Latin ones.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from bitpesa.kernel.crypto.signed_links import SignedLinks
from bitpesa.kernel.database.statements import Connection, load
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.amounts import plain
from bitpesa.kernel.values.money import Money, minor_to_decimal
from bitpesa.ops.reports.letters import MAIN_FONT, font_file, fonts_for, shown
from bitpesa.payments.recipients import queries as recipients
from bitpesa.payments.recipients.model import PAID, Recipient
from bitpesa.payments.transactions import queries as transactions
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.staff_settlement import BY_STAFF
from bitpesa.rails.corridors.catalogue import corridor
from bitpesa.tenants.organisations import queries as organisations

if TYPE_CHECKING:
    from fpdf import FPDF

_ACCOUNT_FIELDS = ("bank_account", "iban", "phone_number", "reference")
_LEFT, _TOP, _LABEL_WIDTH, _LINE = 20, 20, 55, 8
SUPPORT = "support, by hand"
"""Who confirmed a payout that staff settled."""

_sql = load(__package__, "proof_of_payment.sql")


class Issuer(msgspec.Struct, frozen=True):
    """Who vouches for a proof: the operator of the deployment, by its settings."""

    name: str
    address: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """What shows that a payout was made: the reference that the rail knows it by, and who said that it was paid."""

    rail_reference: str | None
    confirmed_by: str


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof says: lines of a name and a value, in order."""

    recipient_id: UUID
    paid_at: datetime
    lines: tuple[tuple[str, str], ...]
    is_sandbox: bool = True

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
    app = await organisations.find_app(conn, app_id)
    if recipient is None or app is None:
        raise NotFound
    if recipient.state not in PAID:
        return None
    return proof(payment, recipient, await _evidence(conn, recipient), is_sandbox=app.is_sandbox)


async def _evidence(conn: Connection, recipient: Recipient) -> Evidence:
    ids = (recipient.app_id, recipient.id)
    attempt = await _sql.paying_attempt.row(conn, *ids, BY_STAFF)
    texts = (str(recipient.id), str(recipient.transaction_id))
    by_hand = (attempt is not None and attempt["is_word_of_staff"]) or await _sql.is_paid_by_word_of_staff.value(
        conn, recipient.app_id, *texts
    )
    if attempt is None:
        return Evidence(None, SUPPORT if by_hand else "bitpesa")
    return Evidence(f"{attempt['id']} at {attempt['provider']}", SUPPORT if by_hand else attempt["provider"])


def proof(payment: Payment, recipient: Recipient, evidence: Evidence, *, is_sandbox: bool) -> Proof:
    """What is proven of a recipient that was paid."""
    return Proof(
        recipient_id=recipient.id,
        paid_at=recipient.updated_at,
        lines=tuple(_lines(payment, recipient, evidence)),
        is_sandbox=is_sandbox,
    )


def render(told: Proof, issuer: Issuer) -> bytes:
    """The proof as a PDF, of one page but for very long names."""
    from fpdf import FPDF  # noqa: PLC0415 - takes seconds to load, and nobody else needs it

    lines = [("Issued by", issuer.name), ("Address", issuer.address), *told.lines]
    lines = [(name, " ".join(value.split())) for name, value in lines if value.strip()]
    page = FPDF(format="A4")
    page.set_creation_date(told.paid_at)
    page.set_title("Proof of payment")
    page.set_lang("en")
    known = _add_fonts(page, [value for _, value in lines])
    page.set_text_shaping(True)
    page.set_margins(_LEFT, _TOP, _LEFT)
    page.add_page()
    page.set_font("text", size=20)
    page.cell(0, 2 * _LINE, "Proof of payment", new_x="LMARGIN", new_y="NEXT")
    page.set_font("text", size=11)
    for name, value in lines:
        page.set_text_color(100)
        page.cell(_LABEL_WIDTH, _LINE, name)
        page.set_text_color(0)
        page.multi_cell(0, _LINE, shown(value, known), align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(_LINE)
    page.set_font("text", size=9)
    if told.is_sandbox:
        page.multi_cell(0, _LINE, "Made by a sandbox: nobody was paid, and no money moved.", align="L")
    return bytes(page.output())


def _add_fonts(page: "FPDF", texts: Sequence[str]) -> frozenset[int]:
    """Give a page the fonts that its texts need; the code points that they have letters for."""
    from fpdf.fonts import TTFFont  # noqa: PLC0415 - as above

    main = font_file(*MAIN_FONT)
    if main is None:
        raise AssertionError("the main font is a dependency")
    files = [main, *fonts_for(texts)]
    names = ["text", *(f"script {number}" for number in range(1, len(files)))]
    for name, file in zip(names, files, strict=True):
        page.add_font(name, fname=file)
    page.set_fallback_fonts(names[1:])
    return frozenset(point for font in page.fonts.values() if isinstance(font, TTFFont) for point in font.cmap)


def _lines(payment: Payment, recipient: Recipient, evidence: Evidence) -> Iterator[tuple[str, str]]:
    t, details = payment.transaction, recipient.details
    known = corridor(recipient.payout_type)
    bank = next((bank.label for bank in known.banks if bank.code == details.get("bank_code")), None) if known else None
    account = next((details[name] for name in _ACCOUNT_FIELDS if details.get(name)), None)
    fee = Money(recipient.fee_minor, recipient.input.currency)
    for name, value in (
        ("Paid to", _name(recipient.type, details)),
        ("Amount paid out", _amount(recipient.output)),
        ("Amount paid in", _amount(recipient.input)),
        ("Fee, of that", _amount(fee)),
        ("Exchange rate", _rate(recipient)),
        ("Paid on", f"{recipient.updated_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Payout type", recipient.payout_type),
        ("Bank", bank or details.get("bank_name")),
        ("Mobile provider", details.get("mobile_provider")),
        ("Account", account),
        ("Sent by", _name(payment.sender.type, payment.sender.profile)),
        ("Payment reference", recipient.system_metadata.get("payment_reference")),
        ("Rail reference", evidence.rail_reference),
        ("Confirmed by", evidence.confirmed_by),
        ("Recipient", str(recipient.id)),
        ("Transaction", str(t.id)),
        ("Your reference", t.external_id),
    ):
        if value:
            yield name, " ".join(str(value).split())


def _amount(amount: Money) -> str:
    return f"{minor_to_decimal(amount.minor, amount.currency):,f} {amount.currency}"


def _rate(recipient: Recipient) -> str:
    """The rate that the payout was priced at, after the fee was taken."""
    return f"1 {recipient.input.currency} = {plain(recipient.rate):f} {recipient.output.currency}"


def _name(type_: str, fields: dict[str, Any]) -> str:
    if type_ == "business":
        return str(fields.get("name") or "")
    return " ".join(str(fields[name]) for name in ("first_name", "middle_name", "last_name") if fields.get(name))
