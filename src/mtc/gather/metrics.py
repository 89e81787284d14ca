"""Takes the metrics of the controller, and what fills its memory, through the API server.

What Prometheus would answer to a query is made of them, so that whoever knows MTC's archives finds them where they are there.
"""

import asyncio
import time

from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from mtc.api import names
from mtc.gather import layout, pages
from mtc.gather.folder import Folder
from mtc.gather.redact import Redactor
from mtc.kube import codec, errors, resources
from mtc.kube.client import Object
from mtc.look.sites import Site
from mtc.telemetry import metrics

PORT = 2112
_SELECTOR = f"app.kubernetes.io/name={names.CONTROLLER_NAME}"
_DEADLINE_S = 5.0
_QUERIES = (metrics.MIGRATIONS, metrics.REQUEST_COUNT, metrics.REQUEST_ELAPSED)


async def take(site: Site, *, namespace: str, folder: Folder, redactor: Redactor) -> str:
    """Why there are none, "" where they were taken.

    Args:
        site: the host cluster.
        namespace: of the toolkit.
        folder: where they go.
        redactor: cleans them.
    """
    try:
        pods = await site.client.list_all(resources.PODS, namespace=namespace, label_selector=_SELECTOR)
        running = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Running"]
        if not running:
            return "no pod of the controller runs"
        text, memory = await asyncio.gather(*(_asked(site, running[0], path) for path in (metrics.METRICS, metrics.MEMORY)))
    except errors.KubeError as error:
        return redactor.text(str(error))
    name = running[0]["metadata"]["name"]
    clean = b"\n".join(redactor.line(line) for line in text.splitlines()) + b"\n"
    folder.write(layout.metrics_of(name), clean)
    folder.write(layout.memory_of(namespace, name), memory)
    template, now = pages.template("metric.html.j2"), time.time()
    for metric in text_string_to_metric_families(clean.decode()):
        if metric.name in _QUERIES:
            answer = _vector(metric, now)
            folder.write(layout.query(metric.name, "json"), codec.dumps(answer))
            page = template.render(name=metric.name, meaning=metric.documentation, found=answer["data"]["result"], now=now)
            folder.write(layout.query(metric.name, "html"), page.encode())
    return ""


async def _asked(site: Site, pod: Object, path: str) -> bytes:
    meta = pod["metadata"]
    return await site.client.transport.request(
        "GET", f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}:{PORT}/proxy{path}", deadline_s=_DEADLINE_S
    )


def _vector(metric: Metric, now: float) -> Object:
    """A metric as Prometheus answers an instant query about it."""
    found = [
        {"metric": {"__name__": item.name} | dict(item.labels), "value": [round(now, 3), f"{item.value:.17g}"]} for item in metric.samples
    ]
    return {"status": "success", "data": {"resultType": "vector", "result": found}}
