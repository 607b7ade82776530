"""How the files of reports are called: `live/<app>/monthly/transaction_report_2021-03.csv` (flows 12.1)."""

import re
from enum import StrEnum
from uuid import UUID

import msgspec

from bitpesa.kernel.values.ids import read_id
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.period import Cadence, Period, read_period
from bitpesa.tenants.organisations.model import Environment


class EnvironmentName(StrEnum):
    """What reports call the environments (flows 1)."""

    TEST = "test"
    LIVE = "live"


_PATH = re.compile(
    r"(?P<environment>test|live)/(?P<app>[0-9a-f-]{36})/(?P<cadence>monthly|daily)/"
    r"(?P<type>transaction|account)_report_(?P<period>[0-9]{4}(?:-[0-9]{2}){1,2})\.csv"
)


def name_of(environment: Environment) -> EnvironmentName:
    """What reports call an environment."""
    return EnvironmentName.TEST if environment == "sandbox" else EnvironmentName.LIVE


class ReportPath(msgspec.Struct, frozen=True):
    """What a path says."""

    environment: EnvironmentName
    app_id: UUID
    type: ReportType
    period: Period

    def __str__(self) -> str:
        return f"{self.environment}/{self.app_id}/{self.period.cadence}/{self.file_name}"

    @property
    def file_name(self) -> str:
        """What the file is called without its folders."""
        return f"{self.type}_report_{self.period.name}.csv"


def read_path(text: str) -> ReportPath | None:
    """Read a path; None when no report can be called so."""
    found = _PATH.fullmatch(text)
    app_id = read_id(found["app"]) if found else None
    if found is None or app_id is None:
        return None
    try:
        period = read_period(Cadence(found["cadence"]), found["period"])
    except ValueError:
        return None
    return ReportPath(EnvironmentName(found["environment"]), app_id, ReportType(found["type"]), period)
