"""The shop's API: a small HTTP server in front of the three databases, the pictures, and the promotions (custom resources).

GET /healthz            it runs
GET /readyz             it reaches all databases
GET /products?page=N    from PostgreSQL
GET /orders/N           from PostgreSQL, with deliveries from MariaDB
GET /carts/N            from Redis
POST /orders/N/returns  marks an order as returned
GET /promotions         from the cluster's API, with the pod's service account
GET /media/PATH         a picture
"""

import json
import os
import signal
import ssl
import sys
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pymysql
import redis
import stores

_PAGE = 20
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_CLUSTER_S = 5


def ready() -> dict[str, Any]:
    """Ask each database something."""
    with stores.orders() as orders, stores.stock() as stock, stock.cursor() as cursor:
        orders.execute("SELECT 1")
        cursor.execute("SELECT 1")
        stores.carts().ping()
    return {"ready": True}


def products(page: int) -> dict[str, Any]:
    """One page of the catalogue."""
    with stores.orders() as connection:
        rows = connection.execute("SELECT id, title, price, attributes FROM products ORDER BY id LIMIT %s OFFSET %s", (_PAGE, page * _PAGE))
        return {"products": [{"id": id_, "title": title, "price": str(price), **more} for id_, title, price, more in rows]}


def order(number: int) -> dict[str, Any]:
    """An order with its lines and its deliveries."""
    with stores.orders() as connection, stores.stock() as stock, stock.cursor() as cursor:
        found = connection.execute("SELECT state, placed FROM orders WHERE id = %s", (number,)).fetchone()
        if found is None:
            raise LookupError
        lines = connection.execute("SELECT product, amount FROM order_lines WHERE orders = %s ORDER BY line", (number,)).fetchall()
        cursor.execute("SELECT carrier, code FROM deliveries WHERE orders = %s ORDER BY id", (number,))
        return {"id": number, "state": found[0], "placed": found[1].isoformat(), "lines": lines, "deliveries": cursor.fetchall()}


def cart(number: int) -> dict[str, Any]:
    """The cart of a customer."""
    return {key.decode(): int(value) for key, value in stores.carts().hgetall(f"cart:{number}").items()}


def take_back(number: int) -> dict[str, Any]:
    """Mark an order as returned."""
    with stores.orders() as connection:
        if not connection.execute("UPDATE orders SET state = 'returned' WHERE id = %s", (number,)).rowcount:
            raise LookupError
    return {"id": number, "state": "returned"}


def promotions() -> dict[str, Any]:
    """The promotions of this namespace."""
    where = f"{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    namespace = (_ACCOUNT / "namespace").read_text()
    request = urllib.request.Request(  # noqa: S310 - the address is the cluster's own
        f"https://{where}/apis/shop.example.com/v1/namespaces/{namespace}/promotions",
        headers={"Authorization": f"Bearer {(_ACCOUNT / 'token').read_text()}"},
    )
    tls = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, timeout=_CLUSTER_S, context=tls) as answer:  # noqa: S310
        items = json.load(answer)["items"]
    return {"promotions": [{"name": item["metadata"]["name"], **item["spec"]} for item in items]}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:  # noqa: N802 - the name is the library's
        """Answer a read."""
        url = urlsplit(self.path)
        match url.path.strip("/").split("/"):
            case ["healthz"]:
                self._send(HTTPStatus.OK, {"healthy": True})
            case ["readyz"]:
                self._answer(ready)
            case ["products"]:
                self._answer(products, int(parse_qs(url.query).get("page", ["0"])[0]))
            case ["orders", number] if number.isdigit():
                self._answer(order, int(number))
            case ["carts", number] if number.isdigit():
                self._answer(cart, int(number))
            case ["promotions"]:
                self._answer(promotions)
            case ["media", *parts]:
                self._picture(Path(*(unquote(part) for part in parts)))
            case _:
                self._send(HTTPStatus.NOT_FOUND, {"error": "no such page"})

    def do_POST(self) -> None:  # noqa: N802 - the name is the library's
        """Answer a write."""
        match self.path.strip("/").split("/"):
            case ["orders", number, "returns"] if number.isdigit():
                self._answer(take_back, int(number))
            case _:
                self._send(HTTPStatus.NOT_FOUND, {"error": "no such page"})

    def _answer(self, ask: Any, *arguments: int) -> None:
        try:
            self._send(HTTPStatus.OK, ask(*arguments))
        except LookupError:
            self._send(HTTPStatus.NOT_FOUND, {"error": "no such thing"})
        except (psycopg.Error, pymysql.Error, redis.RedisError, OSError) as error:
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, {"error": type(error).__name__})

    def _picture(self, path: Path) -> None:
        found = (stores.MEDIA / path).resolve()
        if not found.is_relative_to(stores.MEDIA.resolve()) or not found.is_file():
            self._send(HTTPStatus.NOT_FOUND, {"error": "no such picture"})
            return
        self._send_bytes(HTTPStatus.OK, found.read_bytes(), "application/octet-stream")

    def _send(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        self._send_bytes(status, json.dumps(body, ensure_ascii=False).encode(), "application/json; charset=utf-8")

    def _send_bytes(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Log what is worth it: probes come every few seconds."""
        if not self.path.endswith("z"):
            super().log_message(format, *args)


def main() -> None:
    """Serve until told to stop. As the container's first process it would not end by a signal without a handler."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ThreadingHTTPServer(("", 8000), Handler) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    main()
