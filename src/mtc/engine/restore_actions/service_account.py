"""A service account loses the reference to its old token Secret; the target makes its own."""

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object


async def apply(account: Object, _subject: Subject) -> Outcome:
    """The account without generated token Secrets."""
    prefix = f"{account['metadata']['name']}-token-"
    if account.get("secrets"):
        account["secrets"] = [entry for entry in account["secrets"] if not str(entry.get("name", "")).startswith(prefix)]
    return Outcome(account)


ACTION = Action("velero.io/service-account", frozenset({"serviceaccounts"}), apply)
