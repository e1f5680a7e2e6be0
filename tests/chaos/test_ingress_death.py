"""The ingress dies in the middle of a request, and the client comes again with the same Idempotency-Key."""

import socket
import time
from pathlib import Path

from benchmarks.faults.killer import Kind, processes_of
from benchmarks.servers.server import Server, serving

FORM = b'--x\r\nContent-Disposition: form-data; name="preset_id"\r\n\r\nfilter_warm\r\n'
WITHIN_S = 20.0  # a new one takes about six


def begin_submit(server: Server, key: str) -> socket.socket:
    """Send the head of a submit and a part of its body, and no more."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    head = (
        "POST /api/v1/batch/submit HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: 100000\r\nIdempotency-Key: {key}\r\n\r\n"
    )
    connection.sendall(head.encode() + FORM)
    return connection


def test_the_key_of_a_request_whose_ingress_died_is_free_again(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with begin_submit(server, "half"):
            time.sleep(1.0)
            for process in processes_of(server, Kind.INGRESS):
                process.kill()
        time.sleep(1.0)
        server.healthy()
        request = {"image_urls": ["http://127.0.0.1:9/x.jpg"], "preset_id": "filter_warm"}
        deadline = time.monotonic() + WITHIN_S
        while True:
            answer = server.http.post("/api/v1/batch/submit", json=request, headers={"Idempotency-Key": "half"})
            if answer.status_code == 202:
                return
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.5)
