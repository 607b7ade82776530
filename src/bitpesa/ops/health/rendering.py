"""A report on health as people read it at a terminal."""

from collections.abc import Iterator

from bitpesa.ops.health.model import Finding, HealthReport, Weight


def render(report: HealthReport) -> str:
    """What was looked at, then what was found, worst first."""
    return "\n".join([*_head(report), "", *_findings(report.findings), *_verdict(report)])


def _head(report: HealthReport) -> Iterator[str]:
    yield f"The database on {report.taken_at:%Y-%m-%d at %H:%M:%S} UTC"
    yield ""
    yield f"server   PostgreSQL {report.server}"
    yield f"schema   step {report.schema_step}"
    yield f"size     {report.size_bytes / 1024**2:,.0f} MiB"
    yield f"checks   {', '.join(report.checks)}"


def _findings(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings:
        mark = "ACT " if finding.weight is Weight.ACT else "note"
        yield f"{mark}  {finding.check}: {finding.about}: {finding.said}"
        yield f"      {finding.advice}"
        yield ""


def _verdict(report: HealthReport) -> Iterator[str]:
    acts = sum(finding.weight is Weight.ACT for finding in report.findings)
    notes = len(report.findings) - acts
    if acts:
        yield f"{acts} of these need a person."
    else:
        yield f"Nothing needs a person{f'; {notes} to know of' if notes else ''}."
