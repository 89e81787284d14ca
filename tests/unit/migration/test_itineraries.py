"""The order of phases is the specification: what is done, in which order, and under which step."""

import importlib
import pkgutil
from typing import Any

import pytest

from kit import pieces
from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigrationStatus
from mtc.api.settings.model import Settings
from mtc.migration import flags, images, itineraries, phases
from mtc.migration.itineraries import CANCEL, FAILED, FINAL, ROLLBACK, STAGE
from mtc.migration.phase import Phase

PREPARE = [
    "",
    "Started",
    "StartRefresh",
    "WaitForRefresh",
    "CleanStaleAnnotations",
    "CleanStaleResticCRs",
    "CleanStaleVeleroCRs",
    "RestartVelero",
    "CleanStaleStagePods",
    "WaitForStaleStagePodsTerminated",
]
STAGE_PODS = [
    "EnsureStagePodsFromRunning",
    "EnsureStagePodsFromTemplates",
    "EnsureStagePodsFromOrphanedPVCs",
    "StagePodsCreated",
    "RestartRestic",
]
STAGE_BACKUP = ["EnsureStageBackup", "StageBackupCreated", "EnsureStageBackupReplicated"]
STAGE_RESTORE = ["EnsureStageRestore", "StageRestoreCreated"]
TIDY = ["EnsureStagePodsDeleted", "EnsureStagePodsTerminated", "EnsureAnnotationsDeleted"]


def by_step(itinerary: itineraries.Itinerary) -> list[tuple[str, list[str]]]:
    """The itinerary as runs of phases under one step."""
    found: list[tuple[str, list[str]]] = []
    for phase in itinerary.phases:
        if not found or found[-1][0] != phase.step:
            found.append((phase.step, []))
        found[-1][1].append(phase.name)
    return found


def test_the_stage_itinerary() -> None:
    """Data only: Prepare, StageBackup, StageRestore, Cleanup."""
    assert by_step(STAGE) == [
        ("Prepare", [*PREPARE, "CreateRegistries"]),
        (
            "StageBackup",
            [
                "CreateDirectImageMigration",
                "QuiesceSourceApplications",
                "EnsureSrcQuiesced",
                "CreateDirectVolumeMigrationStage",
                *STAGE_PODS,
                "AnnotateResources",
                "WaitForVeleroReady",
                "WaitForResticReady",
                "WaitForRegistriesReady",
                "EnsureCloudSecretPropagated",
                *STAGE_BACKUP,
            ],
        ),
        ("StageRestore", STAGE_RESTORE),
        ("DirectImage", ["WaitForDirectImageMigrationToComplete"]),
        ("DirectVolume", ["WaitForDirectVolumeMigrationToComplete"]),
        ("Cleanup", ["SwapPVCReferences", "DeleteRegistries", *TIDY, "Completed"]),
    ]


def test_the_final_itinerary() -> None:
    """The objects are saved before the application is stopped, its data after that."""
    assert by_step(FINAL) == [
        ("Prepare", [*PREPARE, "CreateRegistries", "WaitForVeleroReady", "WaitForRegistriesReady", "EnsureCloudSecretPropagated"]),
        ("PreBackupHooks", ["PreBackupHooks"]),
        ("Backup", ["CreateDirectImageMigration", "EnsureInitialBackup", "InitialBackupCreated"]),
        (
            "StageBackup",
            [
                "QuiesceSourceApplications",
                "EnsureSrcQuiesced",
                *STAGE_PODS,
                "AnnotateResources",
                "WaitForResticReady",
                "CreateDirectVolumeMigrationFinal",
                *STAGE_BACKUP,
            ],
        ),
        ("StageRestore", [*STAGE_RESTORE, "VolumesProved", *TIDY]),
        ("DirectImage", ["WaitForDirectImageMigrationToComplete"]),
        ("DirectVolume", ["WaitForDirectVolumeMigrationToComplete"]),
        ("PostBackupHooks", ["PostBackupHooks"]),
        ("PreRestoreHooks", ["PreRestoreHooks"]),
        (
            "Restore",
            ["EnsureInitialBackupReplicated", "EnsureFinalRestore", "FinalRestoreCreated", "ObjectsProved", "UnQuiesceDestApplications"],
        ),
        ("PostRestoreHooks", ["PostRestoreHooks"]),
        ("Cleanup", ["DeleteRegistries", "Verification", "Completed"]),
    ]


def test_the_failed_itinerary_cleans_up() -> None:
    """Helpers go after a failure as well."""
    ended = ["MigrationFailed", "DeleteDirectVolumeMigrationResources", "DeleteRegistries", *TIDY]
    assert by_step(FAILED) == [("CleanupHelpers", ended), ("Cleanup", ["Completed"])]


def test_what_undoes_starts_the_source_last() -> None:
    """Nothing of the target runs any more by then; a canceled migration and a rollback do the same, of one run and of a plan."""
    undone = [
        (
            "CleanupHelpers",
            ["DeleteRegistries", "DeleteHookJobs", "DeleteDirectVolumeMigrationResources", "DeleteDirectImageMigrationResources", *TIDY],
        ),
        (
            "CleanupMigrated",
            ["QuiesceDestinationApplications", "EnsureDestQuiesced", "SwapPVCReferences", "DeleteMigrated", "EnsureMigratedDeleted"],
        ),
        ("CleanupUnquiesce", ["UnQuiesceSrcApplications"]),
    ]
    assert by_step(CANCEL) == [
        ("CleanupVelero", ["Canceling", "DeleteBackups", "DeleteRestores"]),
        *undone,
        ("Cleanup", ["Canceled", "Completed"]),
    ]
    assert by_step(ROLLBACK) == [("CleanupVelero", ["Rollback", "DeleteBackups", "DeleteRestores"]), *undone, ("Cleanup", ["Completed"])]


def test_each_file_of_phases_has_one_phase_and_each_phase_is_used() -> None:
    """A phase that nobody runs, or a file without one, is a mistake."""
    modules = [importlib.import_module(f"{phases.__name__}.{found.name}") for found in pkgutil.iter_modules(phases.__path__)]
    assert all(isinstance(module.PHASE, Phase) and module.PHASE.description for module in modules)
    used = {phase.name for itinerary in itineraries.ALL.values() for phase in itinerary.phases}
    assert {module.PHASE.name for module in modules} == used


@pytest.mark.parametrize("itinerary", [STAGE, FINAL, FAILED, CANCEL, ROLLBACK], ids=lambda entry: entry.name)
def test_a_name_stands_for_one_phase(itinerary: itineraries.Itinerary) -> None:
    """The cursor in the status must be unambiguous."""
    names = [phase.name for phase in itinerary.phases]
    assert len(names) == len(set(names))


def needed(itinerary: itineraries.Itinerary, current: flags.Flags) -> list[str]:
    """The phases that flags leave."""
    return [phase.name for phase in itinerary.phases if phase.applies(current)]


def test_a_stage_migration_without_volumes_makes_no_backup() -> None:
    """Nothing of the engine is needed."""
    current = flags.of(spec=pieces.migration(stage=True).spec, plan=pieces.plan(pieces.volume("a", action="skip")), found=())
    assert needed(STAGE, current) == [*PREPARE, "WaitForVeleroReady", "Completed"]


def test_a_final_migration_without_volumes_backs_up_and_restores_objects() -> None:
    """Stage pods, stage Backup and stage Restore are left out, quiescing is not."""
    current = flags.of(spec=pieces.migration(quiescePods=True).spec, plan=pieces.plan(), found=())
    assert needed(FINAL, current) == [
        *PREPARE,
        "WaitForVeleroReady",
        "EnsureCloudSecretPropagated",
        "EnsureInitialBackup",
        "InitialBackupCreated",
        "QuiesceSourceApplications",
        "EnsureSrcQuiesced",
        "EnsureInitialBackupReplicated",
        "EnsureFinalRestore",
        "FinalRestoreCreated",
        "ObjectsProved",
        "UnQuiesceDestApplications",
        "Completed",
    ]


def test_images_travel_with_a_stage_backup_and_registries_of_their_own() -> None:
    """Also without a volume; where ImageStreams travel without their images, no registry is made."""
    spec, plan = pieces.migration(stage=True).spec, pieces.plan(indirectImageMigration=True)
    registries = ["CreateRegistries", "WaitForRegistriesReady", "DeleteRegistries"]
    copied = needed(STAGE, flags.of(spec=spec, plan=plan, found=(), images=flags.Images(streams=True, copied=True)))
    assert [name for name in copied if name in registries] == registries
    assert {"AnnotateResources", "EnsureStageBackup", "EnsureStageRestore", "EnsureAnnotationsDeleted"} <= {*copied}
    alone = needed(STAGE, flags.of(spec=spec, plan=plan, found=(), images=flags.Images(streams=True)))
    assert [name for name in alone if name in registries] == ["DeleteRegistries"]
    assert "EnsureStageBackup" in alone
    assert "EnsureStageBackup" not in needed(STAGE, flags.of(spec=spec, plan=plan, found=()))


@pytest.mark.parametrize("itinerary", [STAGE, FINAL, FAILED, CANCEL, ROLLBACK], ids=lambda entry: entry.name)
def test_registries_are_deleted_however_a_migration_ends(itinerary: itineraries.Itinerary) -> None:
    """Whether or not there are images by then, and also where the plan says now that they go another way."""
    spec, healthy = pieces.migration().spec, Condition(type="RegistriesHealthy", category="Required", durable=True)
    assert "DeleteRegistries" in needed(itinerary, flags.of(spec=spec, plan=pieces.plan(indirectImageMigration=True), found=()))
    assert "DeleteRegistries" in needed(itinerary, flags.of(spec=spec, plan=pieces.plan(), found=(healthy,)))
    assert "DeleteRegistries" not in needed(itinerary, flags.of(spec=spec, plan=pieces.plan(), found=()))


def test_marks_stay_where_that_was_asked_for() -> None:
    """KeepAnnotations leaves both removals out."""
    current = flags.of(spec=pieces.migration(keepAnnotations=True).spec, plan=pieces.plan(pieces.volume("a")), found=())
    assert not {"CleanStaleAnnotations", "EnsureAnnotationsDeleted"} & set(needed(FINAL, current))


def test_a_moved_volume_needs_a_stage_backup_but_no_stage_pod() -> None:
    """Its PersistentVolume travels as an object."""
    current = flags.of(
        spec=pieces.migration().spec,
        plan=pieces.plan(pieces.volume("a", action="move", method=""), indirectVolumeMigration=False),
        found=(),
    )
    assert current.has_stage_backup
    assert {"EnsureStageBackup", "EnsureStageRestore"} <= set(needed(FINAL, current))
    assert "EnsureStagePodsFromTemplates" not in needed(FINAL, current)


IMAGES = ["CreateDirectImageMigration", "WaitForDirectImageMigrationToComplete"]
NAMED_TYPE = {"type": "MigrationTypeIdentified", "status": "True", "category": "Advisory"}


@pytest.mark.parametrize(
    ("spec", "plan", "settings", "copied"),
    [
        ({}, {}, {}, True),
        ({"stage": True}, {}, {}, True),
        ({"migrateState": True}, {}, {}, False),
        ({}, {"indirectImageMigration": True}, {}, False),
        ({}, {}, {"disable_image_copy": True}, False),
        ({}, {}, {"disable_image_migration": True}, False),
        ({}, {}, {"additional_excluded_resources": "imagestreams"}, False),
    ],
)
def test_images_are_copied_directly_where_there_are_any_and_nothing_leaves_them_out(
    spec: dict[str, bool], plan: dict[str, bool], settings: dict[str, Any], *, copied: bool
) -> None:
    """By the plan, the settings, or the sort of migration."""
    of, its = pieces.migration(**spec), pieces.plan(**plan)
    itinerary = itineraries.choose(of.spec, MigMigrationStatus())
    wanted = images.wanted(of, its, Settings(**settings))
    with_images = flags.of(spec=of.spec, plan=its, found=(), images=wanted)
    assert [name for name in needed(itinerary, with_images) if name in IMAGES] == (IMAGES if copied else [])
    assert not set(IMAGES) & set(needed(itinerary, flags.of(spec=of.spec, plan=its, found=())))


@pytest.mark.parametrize("reason", [conditions.STATE_MIGRATION_PLAN, conditions.STORAGE_CONVERSION_PLAN])
def test_a_plan_for_state_alone_copies_no_images(reason: str) -> None:
    """Whatever its migrations ask for."""
    plan = pieces.plan()
    plan.status.conditions.append(Condition.model_validate({**NAMED_TYPE, "reason": reason}))
    of = pieces.migration(stage=True)
    current = flags.of(spec=of.spec, plan=plan, found=(), images=images.wanted(of, plan, Settings()))
    assert not set(IMAGES) & set(needed(STAGE, current))


#: A migration of state copies through the repository, whatever the plan says.
DIRECT = {"indirectVolumeMigration": False}
COPY = ["EnsureStageBackup", "StageBackupCreated", "EnsureStageBackupReplicated", *STAGE_RESTORE]
SWAP = ["QuiesceDestinationApplications", "EnsureDestQuiesced", "SwapPVCReferences"]


def test_a_migration_of_state_is_a_stage_migration_through_the_repository() -> None:
    """No initial Backup, no final Restore, and nothing of the target is started or swapped."""
    of = pieces.migration(migrateState=True, quiescePods=True)
    current = flags.of(spec=of.spec, plan=pieces.plan(pieces.volume("a:b"), **DIRECT), found=())
    assert itineraries.choose(of.spec, MigMigrationStatus()) is STAGE
    assert needed(STAGE, current) == [
        *PREPARE,
        "QuiesceSourceApplications",
        "EnsureSrcQuiesced",
        *(name for name in STAGE_PODS if name != "RestartRestic" or current.has_stage_pods),
        "AnnotateResources",
        "WaitForVeleroReady",
        *(["WaitForResticReady"] if current.has_stage_pods else []),
        "EnsureCloudSecretPropagated",
        *COPY,
        *TIDY,
        "Completed",
    ]


@pytest.mark.parametrize(
    ("spec", "namespaces", "one_cluster", "swaps"),
    [
        ({"migrateState": True, "quiescePods": True}, ("shop",), True, True),
        ({"migrateState": True}, ("shop",), True, False),
        ({"migrateState": True, "quiescePods": True}, ("shop",), False, False),
        ({"migrateState": True, "quiescePods": True}, ("shop:other",), True, False),
        ({"stage": True, "quiescePods": True}, ("shop",), True, False),
    ],
)
def test_references_are_swapped_in_a_conversion_with_the_application_stopped(
    spec: dict[str, bool], namespaces: tuple[str, ...], *, one_cluster: bool, swaps: bool
) -> None:
    """Inside one cluster, no namespace mapped, state migrated, pods quiesced: all four."""
    plan = pieces.plan(pieces.volume("a:b"), namespaces=namespaces, **DIRECT)
    current = flags.of(spec=pieces.migration(**spec).spec, plan=plan, found=(), one_cluster=one_cluster)
    assert ("SwapPVCReferences" in needed(STAGE, current)) is swaps


@pytest.mark.parametrize("one_cluster", [True, False])
def test_what_undoes_a_conversion_swaps_back_before_it_deletes(*, one_cluster: bool) -> None:
    """A rollback of any plan inside one cluster, and a canceled conversion; not a canceled rollback."""
    plan = pieces.plan(pieces.volume("a:b"), **DIRECT)
    rollback = flags.of(spec=pieces.migration(rollback=True).spec, plan=plan, found=(), one_cluster=one_cluster)
    assert [name for name in needed(ROLLBACK, rollback) if name in SWAP] == (SWAP if one_cluster else [])
    of = pieces.migration(migrateState=True, canceled=True)
    canceled = flags.of(spec=of.spec, plan=plan, found=(), one_cluster=one_cluster, has_swapped=True)
    assert [name for name in needed(CANCEL, canceled) if name in SWAP] == (SWAP if one_cluster else [])
    early = flags.of(spec=of.spec, plan=plan, found=(), one_cluster=one_cluster)
    assert not set(SWAP) & set(needed(CANCEL, early)), "the claims that are in use are those of an earlier run"
    neither = flags.of(spec=pieces.migration(rollback=True, canceled=True).spec, plan=plan, found=(), one_cluster=one_cluster)
    assert not set(SWAP) & set(needed(CANCEL, neither))


def test_what_went_wrong_decides_the_itinerary() -> None:
    """An error or the Failed condition leads to Failed, else the spec decides."""
    clean = MigMigrationStatus()
    failed = Condition(type=conditions.FAILED)
    assert itineraries.choose(pieces.migration().spec, clean) is FINAL
    assert itineraries.choose(pieces.migration(stage=True).spec, clean) is STAGE
    assert itineraries.choose(pieces.migration().spec, MigMigrationStatus(errors=["x"])) is FAILED
    assert itineraries.choose(pieces.migration(stage=True).spec, MigMigrationStatus(conditions=[failed])) is FAILED


def test_an_unknown_cursor_begins_again() -> None:
    """Every phase may be repeated, so a name of another version leads to the first one."""
    assert FINAL.phase("CreateDirectVolumeMigrationRollback") is FINAL.phases[0]
