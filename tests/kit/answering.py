"""An HTTP server in threads of this process, for services of which only the answers matter."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: Path, headers by their small names, and body of a request become status and content of its answer.
Answer = Callable[[str, Mapping[str, str], str], tuple[int, bytes]]


@contextlib.contextmanager
def answering(answer: Answer, *, content_type: str, name: str, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Answers POST requests on loopback; the server ends with the block.

    Args:
        answer: what to say.
        content_type: of all answers.
        name: of its thread.
        tls: with which it speaks; None for plain text.

    Yields:
        Its URL, without a path.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, content = answer(self.path, {key.lower(): value for key, value in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, name=name, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=15)
