"""Figures that a process counts as it works, for whoever scrapes them (Prometheus). Nobody has to.

Each is defined where it is counted, in one line with its meaning and its labels. A label takes few values, all known
beforehand: an outcome, never an id. Counting costs about a microsecond.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

PREFIX = "bitpesa_"

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each was first counted: a series more for every one, which nobody reads

REGISTRY = CollectorRegistry(auto_describe=True)
"""The figures of this process."""


def counter(name: str, meaning: str, *labels: str) -> Counter:
    """Define something that is counted; what is scraped ends in `_total`."""
    return Counter(PREFIX + name, meaning, labels, registry=REGISTRY)


def histogram(name: str, meaning: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
    """Define something that is measured: how often it was at most so much."""
    return Histogram(PREFIX + name, meaning, labels, registry=REGISTRY, buckets=buckets)
