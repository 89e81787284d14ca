"""The page of settings, from the models: key by key with its names, what to write, the default and what it does."""

from collections.abc import Iterable

from mtc.api.reference import Page
from mtc.api.settings import model
from mtc.api.settings.model import ClusterSettings, Key, Settings

_HEAD = """# Settings

The settings of an installation stand in the MigrationController `migration-controller` on the host cluster, in the ConfigMap
`migration-controller` beside it, or in the environment of the controller. **The MigrationController has precedence over the
ConfigMap, and the ConfigMap over the environment**, key by key; where none of them has a key, its default holds.

The settings of one cluster stand in the ConfigMap `migration-cluster-config` of that cluster, or in its MigrationController,
which has precedence.

- A change takes effect at once, without a restart; plans are looked at again.
- Values are read as Ansible reads its variables: `10` and `"10"` are the same number, `yes`, `"true"` and `1` the same flag,
  `[a, b]`, `"a,b"` and `"a b"` the same list. An empty value is as good as none. Keys may be written with humps (`migPvLimit`).
- A value that cannot be understood is told and passed over: the next place in line, in the end the default, holds. All other
  keys apply. A key that nobody knows is told together with the known one that is spelled most alike.
- Told means: conditions `InvalidSettings` and `UnknownSettings` of the MigrationController, an Event there (on the ConfigMap
  where there is no MigrationController), a line in the controller's log. On other clusters it is condition
  `InvalidSettings` of the MigCluster.
- **No effect yet** marks keys that existing installations use and that are accepted and checked, while nothing in this version
  acts on them. Those that are set are listed in condition `SettingsWithoutEffect`.
"""

_TABLE = "\n| key | in ConfigMap and environment | value | default | meaning |\n|---|---|---|---|---|\n"


def _text() -> str:
    settings, cluster = Settings.keys().values(), [*ClusterSettings.keys().values()]
    parts = [
        _HEAD,
        "\n## Of the installation\n",
        _TABLE,
        *_rows(settings),
        "\n## Of each cluster\n",
        _TABLE,
        *_rows(cluster),
        "\n## Images\n\nKeys of the MigrationController that name the images of an installation, whole or in parts.\n",
        _TABLE,
        *_rows(model.image_keys()),
    ]
    return "".join(parts)


def _rows(keys: Iterable[Key]) -> list[str]:
    return [_row(key) for key in keys]


def _row(key: Key) -> str:
    meaning = key.meaning if key.works else f"{key.meaning} **No effect yet.**"
    cells = [_code(key.key), _code(key.env), key.form.expected, _default(key.default), meaning]
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def _code(word: str) -> str:
    return f"`{word}`" if word else "-"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ", ".join(_code(str(item)) for item in value) or "none"
    return _code(str(value)) if value not in (None, "", {}) else "none"


PAGE = Page("settings.md", _text)
