"""Conditions of a MigrationController: are the settings understood?"""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_KIND = "MigrationController"
_error = partial(Entry, _KIND, conditions.ERROR)
_warn = partial(Entry, _KIND, conditions.WARN)
_advisory = partial(Entry, _KIND, conditions.ADVISORY)

ENTRIES = (
    _error(
        conditions.INVALID_SETTINGS,
        "",
        explanation=(
            "Some settings have values that cannot be understood. For each of them the next place in line holds (ConfigMap, environment, "
            "default); all other settings apply."
        ),
        remedy="Correct the values that the message names; it says what is expected.",
    ),
    _warn(
        conditions.UNKNOWN_SETTINGS,
        "",
        explanation="Some keys are no settings of this version: they are misspelt, or meant for another program.",
        remedy="Correct or remove them; the message names the setting that is spelled most alike.",
    ),
    _warn(
        conditions.SETTINGS_IGNORED,
        "",
        explanation="This MigrationController is not the one from which settings are read, so nothing of it is used.",
        remedy="Put the settings into the MigrationController migration-controller and delete this one.",
    ),
    _advisory(
        conditions.SETTINGS_WITHOUT_EFFECT,
        "",
        explanation="These settings are known and checked, and nothing in this version acts on them.",
    ),
    Entry(_KIND, conditions.REQUIRED, conditions.READY, "", explanation="All settings are understood and in effect."),
)
