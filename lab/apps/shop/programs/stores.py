"""Connections of the shop's programs to its databases; where they are and how to log in comes from the environment."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pymysql
import redis

MEDIA = Path(os.environ.get("SHOP_MEDIA", "/var/lib/shop/media"))
T = TypeVar("T")

_CONNECT_S = 3
_TRY_AGAIN_S = 0.3


def orders() -> psycopg.Connection[Any]:
    """The database of customers and orders (PostgreSQL)."""
    return psycopg.connect(
        host=os.environ.get("ORDERS_HOST", "orders-db"),
        dbname="postgres",
        user="shop",
        password=os.environ["POSTGRES_PASSWORD"],
        connect_timeout=_CONNECT_S,
    )


def stock() -> pymysql.Connection:
    """The database of stock and deliveries (MariaDB)."""
    return pymysql.connect(
        host=os.environ.get("STOCK_HOST", "stock-db"),
        database="shop",
        user="shop",
        password=os.environ["MARIADB_PASSWORD"],
        connect_timeout=_CONNECT_S,
        charset="utf8mb4",
    )


def carts() -> redis.Redis:
    """Carts and counters (Redis)."""
    return redis.Redis(
        host=os.environ.get("CARTS_HOST", "carts"),
        password=os.environ["REDIS_PASSWORD"],
        socket_connect_timeout=_CONNECT_S,
        socket_timeout=30,
    )


def patiently(connect: Callable[[], T], *, deadline_s: float = 120) -> T:
    """The connection, as soon as the server, which may just be starting, takes it."""
    until = time.monotonic() + deadline_s
    while True:
        try:
            return connect()
        except (psycopg.OperationalError, pymysql.err.OperationalError, redis.ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(_TRY_AGAIN_S)
