"""Fill MariaDB with the same stock, deliveries and prices each time; does nothing where they are."""

import time

import stores

_TABLES = (
    "CREATE TABLE warehouses (id INT PRIMARY KEY, name VARCHAR(80) NOT NULL, city VARCHAR(80) NOT NULL)",
    "INSERT INTO warehouses SELECT seq, CONCAT('Lager ', seq), ELT(seq % 4 + 1, 'Köln', 'Łódź', '東京', 'Málaga') FROM seq_1_to_24",
    "CREATE TABLE stock (warehouse INT NOT NULL, product INT NOT NULL, amount INT NOT NULL, shelf CHAR(32), PRIMARY KEY (warehouse, product))",
    "INSERT INTO stock SELECT w.seq, p.seq, (w.seq * p.seq) % 250, MD5(CONCAT(w.seq, '-', p.seq)) FROM seq_1_to_24 w JOIN seq_1_to_5000 p",
    """CREATE TABLE deliveries (id INT PRIMARY KEY, orders INT NOT NULL, carrier VARCHAR(20), code CHAR(64), sent DATETIME(6), KEY (orders))""",
    """INSERT INTO deliveries SELECT seq, seq % 60000 + 1, ELT(seq % 3 + 1, 'bike', 'train', 'post'), SHA2(seq, 256),
       TIMESTAMP('2019-03-01') + INTERVAL seq * 137 SECOND FROM seq_1_to_90000""",
    "CREATE TABLE prices (product INT NOT NULL, day DATE NOT NULL, price DECIMAL(8, 2), reason TEXT, PRIMARY KEY (product, day))",
    """INSERT INTO prices SELECT p.seq, DATE('2019-01-01') + INTERVAL d.seq DAY, (p.seq % 4000 + 99 + d.seq) / 100,
       REPEAT(MD5(CONCAT(p.seq, d.seq)), 2) FROM seq_1_to_5000 p JOIN seq_1_to_12 d""",
)


def main() -> None:
    """Seed; the table `seeded` is made last, and what an interrupted run has left is dropped first."""
    started = time.monotonic()
    with stores.patiently(stores.stock) as connection, connection.cursor() as cursor:
        if cursor.execute("SHOW TABLES LIKE 'seeded'"):
            print("stock: seeded already")
            return
        # Rows for a new table are then written in bulk, without an undo log as large as the table.
        cursor.execute("SET unique_checks = 0, foreign_key_checks = 0")
        cursor.execute("DROP TABLE IF EXISTS warehouses, stock, deliveries, prices")
        for statement in _TABLES:
            cursor.execute(statement)
        connection.commit()
        cursor.execute("ANALYZE TABLE warehouses, stock, deliveries, prices")
        cursor.execute("CREATE TABLE seeded (version INT PRIMARY KEY)")
        cursor.execute("INSERT INTO seeded VALUES (1)")
        connection.commit()
    print(f"stock: seeded in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
