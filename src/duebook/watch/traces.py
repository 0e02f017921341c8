"""Spans of what a request goes through, for a collector of OpenTelemetry if one is configured.

Holds: without a collector nothing of OpenTelemetry is loaded and a span is nothing; a collector that does not answer
delays no request: what it does not take is thrown away.
Source: the OpenTelemetry specification, "OTLP exporter"; docs/howto/watch-a-server.md, "Traces".
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from threading import Thread
from typing import Any, Final

import duebook

Headers = Iterable[tuple[bytes, bytes]]

_SERVICE_NAME: Final = "OTEL_SERVICE_NAME"
_LAST_SPANS_SECONDS: Final = 3.0
"""How long the end of a server waits for the last spans to be taken."""

_tracer: Any = None


def is_installed() -> bool:
    """Whether what traces need is there: the extra `otel`."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http.trace_exporter") is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def exported() -> Iterator[None]:
    """Export spans while the block runs, as the standard variables of the environment say."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _tracer
    named = {} if _SERVICE_NAME in os.environ else {"service.name": "duebook"}
    resource = Resource.create({**named, "service.version": duebook.__version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("duebook", duebook.__version__)
    logging.getLogger(OTLPSpanExporter.__module__).addFilter(_without_address)
    try:
        yield
    finally:
        _tracer = None
        last = Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(_LAST_SPANS_SECONDS)


def span(name: str) -> AbstractContextManager[Any]:
    """A span inside the current one for the length of the block; None if nobody collects."""
    return nullcontext() if _tracer is None else _child(name)


def request_span(method: str, headers: Headers) -> AbstractContextManager[Any]:
    """The span of one request, which goes on with the trace of whoever asks; None if nobody collects."""
    return nullcontext() if _tracer is None else _served(method, headers)


def mark_failed(found: Any) -> None:
    """Say of a span that what it is of went wrong."""
    from opentelemetry.trace import StatusCode

    found.set_status(StatusCode.ERROR)


def trace_id() -> str | None:
    """The id of the current trace, 32 hexadecimal digits."""
    if _tracer is None:
        return None
    from opentelemetry.trace import get_current_span

    found = get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else None


def _without_address(record: logging.LogRecord) -> bool:
    """Leave away what the exporter says, which may hold the collector's address and with it a key."""
    record.msg, record.args, record.exc_info = "the collector of traces does not take them", None, None
    return True


@contextmanager
def _child(name: str) -> Iterator[Any]:
    # What an exception says may quote a request, so that a span has its class alone.
    with _tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as found:
        try:
            yield found
        except BaseException as error:
            found.set_attribute("error.type", type(error).__qualname__)
            raise


@contextmanager
def _served(method: str, headers: Headers) -> Iterator[Any]:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carried = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    with _tracer.start_as_current_span(
        method,
        context=TraceContextTextMapPropagator().extract(carried),
        kind=SpanKind.SERVER,
        record_exception=False,
        set_status_on_exception=False,
    ) as found:
        yield found
