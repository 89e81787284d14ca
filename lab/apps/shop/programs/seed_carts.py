"""Fill Redis with the same carts, sessions and rankings each time; does nothing where they are."""

import random
import time

import stores

_CARTS = 15_000
_RANKED = 5_000
_BATCH = 1_000


def main() -> None:
    """Seed; the key `seeded` is written last."""
    started = time.monotonic()
    store = stores.carts()
    stores.patiently(store.ping)
    if store.get("seeded"):
        print("carts: seeded already")
        return
    store.flushall()
    chance = random.Random(20190829)  # noqa: S311 - the same data each time, no secret
    for first in range(0, _CARTS, _BATCH):
        pipe = store.pipeline(transaction=False)
        for number in range(first, first + _BATCH):
            pipe.hset(
                f"cart:{number}",
                mapping={f"product:{chance.randrange(5000)}": chance.randrange(1, 9) for _ in range(chance.randrange(1, 8))},
            )
            pipe.set(f"session:{number}", chance.randbytes(96).hex())
            pipe.rpush(f"seen:{number % 500}", *(chance.randrange(5000) for _ in range(4)))
        pipe.execute()
    store.zadd("ranking", {f"product:{number}": chance.random() * 5 for number in range(_RANKED)})
    store.set("seeded", "1")
    print(f"carts: seeded in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
