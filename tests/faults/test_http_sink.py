"""The HTTP sink does what the path says, and its ledger says so afterwards."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.http_sink import HttpSink, open_http_sink
from tests.faults.ledger import Ledger


@pytest.fixture
def sink(tmp_path: Path):
    with open_http_sink(HttpSink(ledger=Ledger(tmp_path / "ledger.jsonl"))) as sink:
        yield sink


def post(sink: HttpSink, path: str, body: bytes = b'{"score": 9}') -> http.client.HTTPResponse:
    line = http.client.HTTPConnection(urlsplit(sink.url).netloc, timeout=0.5)
    line.request("POST", path, body, {"Idempotency-Key": "k-1"})
    return line.getresponse()


def test_what_is_accepted_is_kept_with_its_key(sink):
    assert post(sink, "/hook").status == 200
    (taken,) = sink.received
    assert (taken.path, taken.body) == ("/hook", b'{"score": 9}')
    (line,) = sink.ledger.lines()
    assert (line["what"], line["key"], line["lost"]) == ("accepted", "k-1", False)


@pytest.mark.parametrize(("path", "retry_after"), [("/refuse-503", "1"), ("/refuse-429", "1"), ("/refuse-410", None)])
def test_a_refusal_has_the_status_of_the_path(sink, path, retry_after):
    answer = post(sink, path)
    assert (answer.status, answer.headers["Retry-After"]) == (int(path[-3:]), retry_after)
    assert not sink.received
    assert sink.ledger.count("refused") == 1


@pytest.mark.parametrize(
    ("path", "error", "accepted"),
    [
        ("/vanish", http.client.RemoteDisconnected, 1),
        ("/stall", TimeoutError, 1),
        ("/reset", (ConnectionResetError, BrokenPipeError), 0),
    ],
)
def test_a_line_that_goes_dead_may_have_carried_the_request(sink, path, error, accepted):
    with pytest.raises(error):
        post(sink, path, b"x" * 10_000)
    assert (len(sink.received), sink.ledger.count("accepted")) == (accepted, accepted)
