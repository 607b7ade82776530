from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.paths import EnvironmentName, ReportPath, name_of, read_path
from bitpesa.ops.reports.period import Cadence, period_of, read_period

APP = UUID("019ab3f0-0000-7000-8000-000000000000")

paths = st.builds(
    ReportPath,
    st.sampled_from(EnvironmentName),
    st.uuids(),
    st.sampled_from(ReportType),
    st.builds(period_of, st.sampled_from(Cadence), st.dates()),
)


def test_a_path_is_written_as_clients_know_it():
    path = ReportPath(EnvironmentName.LIVE, APP, ReportType.TRANSACTION, read_period(Cadence.MONTHLY, "2021-03"))
    assert str(path) == f"live/{APP}/monthly/transaction_report_2021-03.csv"
    path = ReportPath(EnvironmentName.TEST, APP, ReportType.ACCOUNT, read_period(Cadence.DAILY, "2021-03-14"))
    assert str(path) == f"test/{APP}/daily/account_report_2021-03-14.csv"


@given(paths)
def test_a_path_is_read_back(path):
    assert read_path(str(path)) == path


@given(st.text())
def test_any_text_is_a_path_or_not(text):
    read_path(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"/live/{APP}/monthly/account_report_2021-03.csv",
        f"live/{APP}/monthly/account_report_2021-03.csv\n",
        f"live/{APP}/monthly/account_report_2021-13.csv",
        f"live/{APP}/monthly/account_report_2021-03-01.csv",
        f"live/{APP}/daily/account_report_2021-03.csv",
        f"sandbox/{APP}/daily/account_report_2021-03-01.csv",
        f"live/{str(APP).upper()}/monthly/account_report_2021-03.csv",
        f"live/{'-' * 36}/monthly/account_report_2021-03.csv",
        f"live/{APP}/../{APP}/monthly/account_report_2021-03.csv",
        f"live/{APP}/monthly/account_report_2021-03.csv.gz",
    ],
)
def test_what_no_report_is_called_is_none(text):
    assert read_path(text) is None


def test_the_sandbox_is_called_test():
    assert (name_of("sandbox"), name_of("live")) == ("test", "live")
