"""Conditions of a MigPlan about namespaces, their pods and objects, and about hooks."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_KIND = "MigPlan"
_critical = partial(Entry, _KIND, conditions.CRITICAL)
_warn = partial(Entry, _KIND, conditions.WARN)

ENTRIES = (
    _critical(
        conditions.NAMESPACE_LIST_EMPTY,
        conditions.NOT_FOUND,
        explanation="The plan lists no namespaces, so there is nothing to migrate.",
        remedy="List them in spec.namespaces.",
    ),
    _critical(
        conditions.NAMESPACE_LIMIT_EXCEEDED,
        conditions.LIMIT_EXCEEDED,
        explanation="The plan has more namespaces than one plan may have; long plans take long to try again.",
        remedy="Split it into several plans, or raise mig_namespace_limit of the MigrationController.",
    ),
    _warn(
        conditions.NAMESPACE_LENGTH_EXCEEDED,
        conditions.LENGTH_EXCEEDED,
        explanation=(
            "Direct volume copies reach the target through routes, whose host names hold the name of the namespace. With more than 59 "
            "characters these may become longer than DNS allows."
        ),
        remedy="Choose shorter names, or set cluster_subdomain of the MigrationController on the target.",
    ),
    _warn(
        conditions.POD_LIMIT_EXCEEDED,
        conditions.LIMIT_EXCEEDED,
        explanation="Many pods run in the namespaces. The migration works, and stopping and starting them takes long.",
        remedy="Split the plan, or raise mig_pod_limit of the MigrationController.",
    ),
    _warn(
        conditions.NAMESPACES_HAVE_NODE_SELECTORS,
        conditions.NODE_SELECTORS_DETECTED,
        explanation="Pods choose their nodes by labels. Labels of nodes differ between clusters, so restored pods get no spec.nodeSelector.",
        remedy="Set node selectors again on the target where they are needed.",
        durable=True,
    ),
    _critical(
        conditions.DUPLICATE_NAMESPACE_ON_SOURCE,
        conditions.DUPLICATE_NAMESPACES,
        explanation="A namespace of the source is listed more than once.",
        remedy="List each once in spec.namespaces.",
    ),
    _critical(
        conditions.NAMESPACE_NOT_FOUND_ON_SOURCE,
        conditions.NOT_FOUND,
        explanation="Namespaces of the plan, or the namespace of the toolkit itself, do not exist on the source.",
        remedy="Correct spec.namespaces; for the namespace of the toolkit, install the toolkit there.",
    ),
    _critical(
        conditions.DUPLICATE_NAMESPACE_ON_DESTINATION,
        conditions.DUPLICATE_NAMESPACES,
        explanation="Two namespaces of the source would be merged into one namespace of the target.",
        remedy="Give each a name of its own in spec.namespaces, as source:target.",
    ),
    _critical(
        conditions.NAMESPACE_NOT_DNS_COMPLIANT,
        conditions.NOT_DNS_COMPLIANT,
        explanation="An entry of spec.namespaces gives a name that no namespace can have.",
        remedy="Write name or source:target, with at most 63 lower-case letters, digits and dashes, a letter or digit first and last.",
    ),
    _critical(
        conditions.NAMESPACE_NOT_FOUND_ON_DESTINATION,
        conditions.NOT_FOUND,
        explanation="The namespace of the toolkit does not exist on the target, so nothing there would do the restoring.",
        remedy="Install the toolkit on the target.",
    ),
    Entry(
        _KIND,
        conditions.ERROR,
        conditions.PLAN_CONFLICT,
        conditions.CONFLICT,
        explanation=(
            "Another open plan works on the same namespace of the same cluster, be it as source or as target. Two migrations would stop "
            "and overwrite each other's application."
        ),
        remedy="Close or delete one of the plans, or take the namespace out of it.",
    ),
    _warn(
        conditions.SOURCE_PODS_NOT_HEALTHY,
        conditions.NOT_HEALTHY,
        explanation="Pods in the source do not run as they should: what is broken there arrives broken. status.namespaces lists them.",
        remedy="Repair or remove them before the migration, or expect the same on the target.",
    ),
    _critical(
        conditions.INVALID_HOOK_REF,
        conditions.NOT_FOUND,
        explanation="An entry of spec.hooks names no MigHook, or one that does not exist.",
        remedy="Create the MigHook, or correct the reference.",
    ),
    _critical(
        conditions.INVALID_HOOK_SA_NAME,
        conditions.NOT_SET,
        explanation="serviceAccount of an entry of spec.hooks is no name that a service account can have.",
        remedy="Name a service account of the hook's executionNamespace.",
    ),
    _critical(
        conditions.INVALID_HOOK_NS_NAME,
        conditions.NOT_SET,
        explanation="executionNamespace of an entry of spec.hooks is no name that a namespace can have.",
        remedy="Name the namespace in which the hook's Job is to run.",
    ),
    _critical(
        conditions.HOOK_NOT_READY,
        "",
        explanation="A MigHook that the plan uses is not Ready, so it could not run.",
        remedy="Look at the conditions of that MigHook. The plan goes on by itself when it is Ready.",
    ),
    _critical(
        conditions.HOOK_PHASE_UNKNOWN,
        "",
        explanation="phase of an entry of spec.hooks is no moment at which hooks run.",
        remedy="Use PreBackup, PostBackup, PreRestore or PostRestore.",
    ),
    _critical(
        conditions.HOOK_PHASE_DUPLICATE,
        "",
        explanation="Two hooks are to run at the same moment, and nothing says which one first.",
        remedy="Leave one hook for each phase; one hook can do the work of both.",
    ),
    _critical(
        conditions.INVALID_RESOURCE_LIST,
        "",
        explanation="spec.includedResources has a kind that the source does not serve.",
        remedy="Give group and kind as `kubectl api-resources` lists them on the source; the core group is empty.",
    ),
    _warn(
        conditions.GVKS_INCOMPATIBLE,
        "",
        explanation=(
            "The namespaces hold objects of kinds or versions that the target does not serve. They stay behind; "
            "status.incompatibleNamespaces lists their kinds."
        ),
        remedy="Install what serves these kinds on the target, or convert the objects to a version that it knows.",
    ),
)
