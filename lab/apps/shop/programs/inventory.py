"""Count what the three databases hold, as JSON: for each table its rows and a checksum over all of them."""

import hashlib
import json
import sys

import stores

_ROWS_AT_ONCE = 5_000


def orders() -> dict[str, list[object]]:
    """PostgreSQL: all tables of the shop."""
    found: dict[str, list[object]] = {}
    with stores.patiently(stores.orders) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        for (name,) in names:
            # The server does the work: a checksum of each row, and one over all of them in their own order.
            row = connection.execute(
                f"""SELECT count(*), md5(coalesce(string_agg(each, '' ORDER BY each), '')) FROM (SELECT md5(t::text) AS each FROM "{name}" t) checksums"""
            ).fetchone()
            found[name] = [row[0], row[1][:16]]
    return found


def stock() -> dict[str, list[object]]:
    """MariaDB: all tables of the shop."""
    found: dict[str, list[object]] = {}
    with stores.patiently(stores.stock) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT COUNT(*) FROM `{name}`")
            ((rows,),) = cursor.fetchall()
            cursor.execute(f"CHECKSUM TABLE `{name}` EXTENDED")
            ((_, checksum),) = cursor.fetchall()
            found[name] = [rows, f"{checksum:08x}"]
    return found


def carts() -> dict[str, list[object]]:
    """Redis: keys by their kind, which is what stands before the colon."""
    store = stores.carts()
    stores.patiently(store.ping)
    kinds: dict[str, list[bytes]] = {}
    for key in store.scan_iter(count=_ROWS_AT_ONCE):
        kinds.setdefault(key.partition(b":")[0].decode(), []).append(key)
    found: dict[str, list[object]] = {}
    for kind, keys in sorted(kinds.items()):
        keys.sort()
        digest = hashlib.sha256()
        what = store.type(keys[0])
        for first in range(0, len(keys), _ROWS_AT_ONCE):
            pipe = store.pipeline(transaction=False)
            for key in keys[first : first + _ROWS_AT_ONCE]:
                if what == b"hash":
                    pipe.hgetall(key)
                elif what == b"list":
                    pipe.lrange(key, 0, -1)
                elif what == b"zset":
                    pipe.zrange(key, 0, -1, withscores=True)
                else:
                    pipe.get(key)
            for key, value in zip(keys[first:], pipe.execute(), strict=False):
                shown = sorted(value.items()) if isinstance(value, dict) else value
                digest.update(repr((key, shown)).encode())
        found[kind] = [len(keys), digest.hexdigest()[:16]]
    return found


def main() -> None:
    """Print everything."""
    json.dump({"orders (PostgreSQL)": orders(), "stock (MariaDB)": stock(), "carts (Redis)": carts()}, sys.stdout)


if __name__ == "__main__":
    main()
