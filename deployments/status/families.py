"""Families of samples, for metrics that are counted elsewhere and only told here."""

from collections.abc import Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Values = Mapping[str, float] | Mapping[tuple[str, ...], float]
"""Samples by the value of their label, or by those of their labels in order."""


def gauge(name: str, help_text: str, value: float) -> Metric:
    """Return a gauge without labels."""
    return GaugeMetricFamily(name, help_text, value=float(value))


def gauges(name: str, help_text: str, labels: tuple[str, ...], values: Values) -> Metric:
    """Return a gauge with a sample for each value."""
    return _filled(GaugeMetricFamily(name, help_text, labels=labels), values)


def counter(name: str, help_text: str, value: float) -> Metric:
    """Return a counter without labels; `_total` is added to its name."""
    return CounterMetricFamily(name, help_text, value=float(value))


def counters(name: str, help_text: str, labels: tuple[str, ...], values: Values) -> Metric:
    """Return a counter with a sample for each value; `_total` is added to its name."""
    return _filled(CounterMetricFamily(name, help_text, labels=labels), values)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: Values) -> Metric:
    for of, value in values.items():
        family.add_metric([of] if isinstance(of, str) else list(of), value)
    return family
