"""The fields of a sender: one table says what each holds and which senders use it (flows 3.2)."""

from enum import Enum

import msgspec


class Content(Enum):
    """What a field holds."""

    TEXT = "text"
    EMAIL = "email"
    COUNTRY = "country"
    BIRTH_DATE = "birth_date"
    FOUNDING_DATE = "founding_date"
    PHONE = "phone"
    IP = "ip"
    CHOICE = "choice"
    LIST = "list"
    PEOPLE = "people"
    DOCUMENTS = "documents"


class SenderField(msgspec.Struct, frozen=True):
    """One field: its content, the choices of a CHOICE, and the sender types that use it."""

    content: Content
    choices: frozenset[str] = frozenset()
    used_by: str = "both"


def _choice(*values: str, used_by: str = "both") -> SenderField:
    return SenderField(Content.CHOICE, frozenset(values), used_by)


def _business(content: Content = Content.TEXT) -> SenderField:
    return SenderField(content, used_by="business")


def _person(content: Content = Content.TEXT) -> SenderField:
    return SenderField(content, used_by="person")


TEXT = SenderField(Content.TEXT)

LEGAL_ENTITY_TYPES = (
    "sole_proprietorship partnership privately_owned_company publicly_owned_company government_owned_entity trust ngo "
    "club_and_society go other financial_institution mto"
).split()

NATURES_OF_BUSINESS = (
    "personal agriculture_and_hunting forestry fishing agricultural_by_products coal_mining oil_mining iron_ore_mining "
    "other_metal_and_diamond_mining other_mineral_mining manufacturing_of_food_drink_tobacco "
    "manufacturing_of_textiles_leather_fur_furniture manufacture_of_wooden_products_furniture "
    "manufacture_of_paper_pulp_allied_products manufacture_of_chemicals_medical_petroleum_rubber_plastic_products "
    "manufacture_of_pottery_china_glass_stone manufacture_of_iron_steel_non_ferrous_metals_basic_industries "
    "manufacture_of_metal_products_electrical_and_scientific_engineering "
    "manufacture_of_jewelry_musical_instruments_toys electricity_gas_and_water construction wholesale_trade "
    "retail_trade catering_incl_hotels transport_storage "
    "communications finance_and_holding_companies insurance business_services real_estate_development_investment "
    "central_state_governments community_services_defence_police_prisons_etc social_services_education_health_care "
    "personal_services_leisure_services personal_services_domestic_laundry_repairs "
    "personal_services_embassies_international_organisations"
).split()

FIELDS: dict[str, SenderField] = {
    "country": SenderField(Content.COUNTRY),
    "street": TEXT,
    "postal_code": TEXT,
    "city": TEXT,
    "address_description": TEXT,
    "phone_country": SenderField(Content.COUNTRY),
    "phone_number": SenderField(Content.PHONE),
    "email": SenderField(Content.EMAIL),
    "ip": SenderField(Content.IP),
    "fingerprint": TEXT,
    "lang": TEXT,
    "identification_type": _choice("DL", "PP", "ID", "OT"),
    "identification_number": TEXT,
    "source_of_funds": TEXT,
    "custom_source_of_funds": TEXT,
    "sales_lead_id": TEXT,
    "documents": SenderField(Content.DOCUMENTS),
    "politically_exposed_people": SenderField(Content.PEOPLE),
    "first_name": _person(),
    "middle_name": _person(),
    "last_name": _person(),
    "birth_date": _person(Content.BIRTH_DATE),
    "occupation": _person(),
    "nationality": _person(Content.COUNTRY),
    "city_of_birth": _person(),
    "country_of_birth": _person(Content.COUNTRY),
    "gender": _choice("M", "F", "O", used_by="person"),
    "name": _business(),
    "trading_country": _business(Content.COUNTRY),
    "trading_address": _business(),
    "trading_name": _business(),
    "legal_entity_type": _choice(*LEGAL_ENTITY_TYPES, used_by="business"),
    "registration_date": _business(Content.FOUNDING_DATE),
    "registration_number": _business(),
    "nature_of_business": _choice(*NATURES_OF_BUSINESS, used_by="business"),
    "core_business_activity": _business(),
    "purpose_of_opening_account": _business(),
    "office_phone": _business(),
    "vat_registration_number": _business(),
    "financial_regulator": _business(),
    "regulatory_licence_number": _business(),
    "contact_person_email": _business(Content.EMAIL),
    "number_monthly_transactions": _business(),
    "amount_monthly_transactions": _business(),
    "company_office_number": _business(),
    "company_office_number_country": _business(Content.COUNTRY),
    "aml_officer_email": _business(Content.EMAIL),
    "aml_officer_phone": _business(),
    "aml_officer_phone_country": _business(Content.COUNTRY),
    "company_website_url": _business(),
    "number_of_employees_in_company": _business(),
    "list_of_countries_of_operation": _business(Content.LIST),
    "estimated_annual_revenue_turnover": _business(),
    "declaration": _business(),
}

REDOES_KYC = frozenset(
    "first_name middle_name last_name name birth_date country nationality identification_type identification_number "
    "documents".split()
)
"""Fields whose change sends an approved sender back to `initial` unless KYC is waived (flows 3.5)."""

SCREENED_NAMES = ("name", "trading_name")
"""The names of a business that are looked up on sanction lists."""

MAY_BE_PROPRIETORS = frozenset({None, "", "sole_proprietorship", "partnership", "other"})
"""The legal forms of businesses that may be called by the name of a person, and the lack of one."""

PHONE_E164 = "phone_e164"
"""Under this name the normalised phone number is kept beside the one that was sent; clients never see it."""

MAY_STAY_EMPTY_LISTS = frozenset({"documents", "politically_exposed_people", "list_of_countries_of_operation"})
"""Lists that SDKs send empty without meaning "clear" (contract of the SDKs, section 2)."""
