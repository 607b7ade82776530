import pytest

from bitpesa.screening import names
from tests.screening.optional import needs_rigour


@pytest.fixture(params=[pytest.param(True, marks=needs_rigour), False])
def rigour(request, monkeypatch):
    monkeypatch.setattr(names, "HAS_RIGOUR", request.param)
    return request.param


def test_case_accents_and_signs_do_not_matter(rigour):  # noqa: ARG001
    assert names.normal_person("  JOSÉ  Álvarez-Pérez ") == "jose alvarez perez"
    assert names.normal_entity("Hollow. HARBOUR") == "hollow harbour"
    assert names.normal_person("") == names.normal_entity("--") == ""


@needs_rigour
def test_titles_forms_and_scripts_do_not_either_where_rigour_is_installed():
    assert names.normal_person("Dr. Анна Кузнецова") == "anna kuznetsova"
    assert (
        names.normal_entity("Hollow Harbour Ltd.") == names.normal_entity("HOLLOW HARBOUR LIMITED") == "hollow harbour"
    )
    assert names.normal_entity("Limited") != ""
