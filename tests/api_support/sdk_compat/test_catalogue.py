"""What the SDKs have names for, held against what the platform takes and says."""

from bitpesa.api_support.sdk_compat.catalogue import MODELS
from bitpesa.api_support.sdk_compat.model import Kind
from bitpesa.api_support.sdk_compat.rules import DETAILS
from bitpesa.payments.collections.model import PayinMethodState, UxFlow
from bitpesa.payments.recipients.model import RecipientState
from bitpesa.payments.senders.fields import FIELDS, Content
from bitpesa.payments.senders.model import SenderState
from bitpesa.payments.transactions.model import TransactionState
from bitpesa.rails.corridors.catalogue import CORRIDORS


def test_every_word_of_ours_for_a_state_is_one_that_sdks_know():
    for model, member, ours in (
        ("Transaction", "state", TransactionState),
        ("Recipient", "state", RecipientState),
        ("Recipient", "transaction_state", TransactionState),
        ("Sender", "state", SenderState),
        ("PayinMethod", "state", PayinMethodState),
        ("PayinMethod", "ux_flow", UxFlow),
    ):
        assert set(ours) <= MODELS[model][member].choices, (model, member)


def test_what_a_sender_may_hold_is_what_sdks_read():
    kinds = {
        Content.BIRTH_DATE: Kind.DATE,
        Content.FOUNDING_DATE: Kind.DATE,
        Content.CHOICE: Kind.CHOICE,
        Content.LIST: Kind.LIST,
    }
    lists = {Content.DOCUMENTS: Kind.LIST, Content.PEOPLE: Kind.LIST}
    for name, field in FIELDS.items():
        member = MODELS["Sender"][name]
        assert member.kind is {**kinds, **lists}.get(field.content, Kind.TEXT), name
        assert field.choices <= member.choices, name


def test_the_choices_of_corridors_that_are_not_shown_are_few_and_known():
    hidden = {
        (corridor.type, field.name): set(field.options) - DETAILS[field.name].choices
        for corridor in CORRIDORS
        for field in corridor.fields
        if field.name in DETAILS and DETAILS[field.name].kind is Kind.CHOICE
    }
    assert {place: choices for place, choices in hidden.items() if choices} == {
        ("CRC::Bank", "identity_card_type"): {"CI", "CJ", "CR"},
        ("MAD::Cash", "identity_card_type"): {"NI"},
        ("PEN::Bank", "bank_account_type"): {"50"},
        ("PEN::Bank", "identity_card_type"): {"DNI", "RUC", "CE", "PASS"},
        ("VND::Mobile", "mobile_provider"): {"MOMO", "VNPAY", "VNPT", "SACOMBANK", "ZALOPAY"},
    }


def test_fields_of_a_form_that_sdks_have_no_member_for_are_marked():
    beyond = {field.name for corridor in CORRIDORS for field in corridor.fields if field.name not in DETAILS}
    marked = {field.name for corridor in CORRIDORS for field in corridor.fields if field.beyond_sdks}
    assert beyond == {"gender", "ifsc_code"}
    assert marked == {"gender"}, "the code of an Indian bank stays needed: nobody can be paid without it"
