"""Fill PostgreSQL with the same customers, products, orders and events each time; does nothing where they are."""

import time

import stores

# The volume of old events, which PostgreSQL reaches through a symbolic link.
_ARCHIVE = "/var/lib/shop/archive/events"

_TABLES = (
    """CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, address text, since timestamptz NOT NULL)""",
    """INSERT INTO customers SELECT i, 'Customer ' || left(md5('name' || i), 10), md5('mail' || i) || '@example.com',
       (i % 400 + 1) || ' ' || initcap(left(md5('street' || i % 977), 8)) || ' Street', timestamptz '2019-01-01 00:00Z' + i * interval '7 minutes'
       FROM generate_series(1, 20000) i""",
    """CREATE TABLE products (id int PRIMARY KEY, title text NOT NULL, description text, price numeric(8, 2) NOT NULL, attributes jsonb)""",
    """INSERT INTO products SELECT i, 'Sock ' || initcap(left(md5('title' || i), 8)), repeat(md5('text' || i) || ' ', 6), (i % 4000 + 99) / 100.0,
       jsonb_build_object('size', 36 + i % 12, 'colour', (ARRAY['red', 'blue', 'grün', '黒', 'café'])[i % 5 + 1]) FROM generate_series(1, 5000) i""",
    """CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, placed timestamptz NOT NULL, state text NOT NULL)""",
    """INSERT INTO orders SELECT i, (i * 7919) % 20000 + 1, timestamptz '2019-02-01 00:00Z' + i * interval '3 minutes',
       (ARRAY['open', 'paid', 'sent', 'returned'])[i % 4 + 1] FROM generate_series(1, 60000) i""",
    """CREATE TABLE order_lines (orders int NOT NULL, line int NOT NULL, product int NOT NULL, amount int NOT NULL, note text, PRIMARY KEY (orders, line))""",
    """INSERT INTO order_lines SELECT o, l, (o * 31 + l * 17) % 5000 + 1, (o + l) % 5 + 1, md5('note' || o || '/' || l)
       FROM generate_series(1, 60000) o, generate_series(1, 3) l""",
    # After the rows: checked once as a whole, not row by row.
    "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers",
    "ALTER TABLE order_lines ADD FOREIGN KEY (orders) REFERENCES orders, ADD FOREIGN KEY (product) REFERENCES products",
    """CREATE INDEX order_lines_product ON order_lines (product)""",
    """CREATE TABLE events (id bigint PRIMARY KEY USING INDEX TABLESPACE archive, at timestamptz NOT NULL, kind text, payload text)
       TABLESPACE archive""",
    """INSERT INTO events SELECT i, timestamptz '2018-01-01 00:00Z' + i * interval '5 seconds', 'kind-' || i % 40,
       md5('a' || i) || md5('b' || i) || md5('c' || i) FROM generate_series(1, 120000) i""",
    """CREATE VIEW sales AS SELECT p.title, sum(l.amount) AS sold FROM order_lines l JOIN products p ON p.id = l.product GROUP BY p.title""",
    """CREATE SEQUENCE order_numbers START 60001""",
)


def main() -> None:
    """Seed in one transaction, so that there is all of it or nothing."""
    started = time.monotonic()
    connection = stores.patiently(stores.orders)
    connection.autocommit = True
    if connection.execute("SELECT 1 FROM pg_class WHERE relname = 'order_numbers'").fetchone():
        print("orders: seeded already")
        return
    if not connection.execute("SELECT 1 FROM pg_tablespace WHERE spcname = 'archive'").fetchone():
        connection.execute(f"CREATE TABLESPACE archive LOCATION '{_ARCHIVE}'")
    with connection.transaction():
        for statement in _TABLES:
            connection.execute(statement)
    # Afterwards neither readers nor autovacuum have a reason to write to the tables' files.
    connection.execute("VACUUM (FREEZE, ANALYZE)")
    connection.execute("CHECKPOINT")
    print(f"orders: seeded in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
