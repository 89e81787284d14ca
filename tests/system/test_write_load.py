"""Somebody writes to the application until the very moment in which it is stopped."""

import re
from pathlib import Path

from kit import apps, labs, planes
from mtc.kube import resources
from mtc.lab import programs

#: A database in small: a row counts as written when it is on the disk, and only then it is acknowledged.
_DATABASE = """
import http.server, os
rows = open("/volumes/data/rows", "a")
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        rows.write(self.path[1:] + "\\n"); rows.flush(); os.fsync(rows.fileno())
        self.send_response(204); self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
#: Writes numbered rows one after the other, each until it is acknowledged.
_CLIENT = """
import http.client, sys, time
number = 0
while True:
    try:
        connection = http.client.HTTPConnection(sys.argv[1], 80, timeout=2)
        while True:
            connection.request("POST", f"/{number}")
            answer = connection.getresponse(); answer.read()
            assert answer.status == 204
            print("written", number, flush=True)
            number += 1
    except (OSError, http.client.HTTPException):
        time.sleep(0.1)
"""
_BEFORE = 200


async def test_every_acknowledged_row_arrives_and_comes_back_with_a_rollback(lab: labs.Lab) -> None:
    """The target has each row that was acknowledged before the source stopped; after a rollback the source has them and takes more."""
    space, client = labs.unique("busy"), labs.unique("client")
    database = apps.deployment(space, "db", lab.image, claims=["data"])
    database["spec"]["template"]["spec"]["containers"][0]["command"] = ["python3", "-c", _DATABASE]
    writer = apps.deployment(client, "writer", lab.image)
    writer["spec"]["template"]["spec"]["containers"][0]["command"] = ["python3", "-c", _CLIENT, f"db.{space}.svc"]
    service = apps.item(resources.SERVICES, space, "db", spec={"selector": {"app": "db"}, "ports": [{"port": 80, "targetPort": 8080}]})
    await lab.apply(lab.source, apps.namespace(space), apps.claim(space, "data"), service, database, apps.namespace(client), writer)
    await lab.until_running(lab.source, space)
    await _until_written(lab, client, _BEFORE)
    await lab.plan(space, [space], volumes=1)

    there = await lab.migrate(space, f"{space}-final", quiescePods=True)
    assert labs.succeeded(there), planes.found(there)
    acknowledged = await _acknowledged(lab, client)
    assert len(acknowledged) > _BEFORE
    assert acknowledged <= _rows(await lab.folders(lab.target, space))

    back = await lab.migrate(space, f"{space}-back", rollback=True, quiescePods=False)
    assert labs.succeeded(back), planes.found(back)
    await lab.until_running(lab.source, space)
    await _until_written(lab, client, len(acknowledged) + _BEFORE)
    assert await _acknowledged(lab, client) <= _rows(await lab.folders(lab.source, space))
    await lab.kubectl(lab.source, "delete", "namespace", client, "--wait=false")


async def _acknowledged(lab: labs.Lab, client: str) -> set[int]:
    """The rows that the client was told are written."""
    log = await lab.kubectl(lab.source, "logs", "-n", client, "deployment/writer", "--tail=-1")
    return {int(number) for number in re.findall(r"^written ([0-9]+)$", log, re.MULTILINE)}


async def _until_written(lab: labs.Lab, client: str, rows: int) -> None:
    """Follows the client's words until there are so many rows."""
    follow = f"kubectl logs -n {client} deployment/writer --tail=-1 -f | grep -q -m1 '^written {rows}$'"
    command = follow.replace("kubectl", f"{lab.values['MTC_LAB_KUBECTL']} --kubeconfig={lab.kubeconfig(lab.source)}")
    await lab.kubectl(lab.source, "wait", "-n", client, "--for=condition=Available", "deployment/writer", "--timeout=120s", deadline_s=130)
    await programs.run(["sh", "-c", command], deadline_s=180)


def _rows(folders: dict[str, Path]) -> set[int]:
    return {int(line) for line in (folders["data"] / "rows").read_text().split()}
