"""The nightly report: what sold best, into Redis, where the shop's front page finds it."""

import json

import stores


def main() -> None:
    """Write the report."""
    with stores.patiently(stores.orders) as connection:
        best = connection.execute("SELECT title, sold FROM sales ORDER BY sold DESC, title LIMIT 10").fetchall()
    stores.carts().set("report:best", json.dumps([[title, int(sold)] for title, sold in best]))
    print(f"report: {len(best)} best sellers written")


if __name__ == "__main__":
    main()
