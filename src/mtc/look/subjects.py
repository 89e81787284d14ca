"""Whose log lines a person wants to see: those of a migration, a plan, a Backup or a Restore."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mtc.api import names
from mtc.kube import resources
from mtc.look import errors
from mtc.look.sites import Sites

_SUFFIXES = ("initial", "stage", "final")
#: What an API server puts behind a generateName: never a word such as `stage`, because vowels are left out.
_GENERATED = "[bcdfghjklmnpqrstvwxz2456789]{5}"


@dataclass(frozen=True)
class Subject:
    """What lines must name to be shown.

    Attributes:
        exact: names that stand as they are in a line's field.
        made: matches names of what was made for the subject.
        runs: UIDs of its migrations, by which pods are labelled that live only as long as these.
    """

    exact: frozenset[str]
    made: re.Pattern[str]
    runs: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether an object of that name is the subject, or was made for it."""
        return name in self.exact or bool(self.made.match(name))

    def is_in(self, fields: Mapping[str, Any]) -> bool:
        """Whether a line is about it; fields hold names, or namespace/name."""
        return any(self.has(value.rsplit("/", 1)[-1]) for key, value in fields.items() if key != "event" and isinstance(value, str))


async def find(sites: Sites, name: str, *, namespace: str) -> Subject:
    """What a person means by a name: a plan with all its migrations, a migration, a Backup or a Restore.

    Raises:
        errors.NothingFound: no cluster has anything of that name.
    """
    host = sites.host.client
    runs = await host.list_all(resources.MIG_MIGRATIONS, namespace=namespace)
    if await host.find(resources.MIG_PLANS, name, namespace=namespace) is not None:
        metas = [item["metadata"] for item in runs if ((item.get("spec") or {}).get("migPlanRef") or {}).get("name") == name]
        of_plan = [meta["name"] for meta in metas]
        return Subject(frozenset({name, *of_plan}), made_for(of_plan), frozenset(meta["uid"] for meta in metas))
    if uids := [item["metadata"]["uid"] for item in runs if item["metadata"]["name"] == name]:
        return Subject(frozenset({name}), made_for([name]), frozenset(uids))
    for kind in (resources.BACKUPS, resources.RESTORES):
        found = await sites.each(lambda site, kind=kind: site.client.find(kind, name, namespace=namespace))  # type: ignore[misc]
        if any(item is not None for _, item in found):
            return Subject(frozenset({name}), re.compile(rf"{re.escape(name)}-{_GENERATED}$"))
    msg = f"There is no MigPlan, MigMigration, Backup or Restore {name} in {sites.where(namespace)}. `mtc get` lists what there is."
    raise errors.NothingFound(msg)


def made_for(migrations: Iterable[str]) -> re.Pattern[str]:
    """Names of Backups and Restores of migrations, and of the volume objects made for those."""
    starts = "|".join(re.escape(names.generate_name(name, suffix)) for name in migrations for suffix in _SUFFIXES)
    return re.compile(rf"(?:{starts}){_GENERATED}(?:-{_GENERATED})?$" if starts else r"(?!)")
