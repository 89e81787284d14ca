"""The root of every error that the toolkit raises on purpose.

    MtcError
    ├── kube.errors.KubeError      an API server refused, failed or could not be reached
    ├── store.errors.StoreError    object storage refused, failed or could not be reached
    ├── movers.errors.MoverError   a program that moves bytes failed
    ├── engine.errors.EngineError  a backup or restore cannot go on
    ├── migration.errors.MigrationError
    └── lab.errors.LabError        the local clusters could not be started or stopped

Anything else that is raised is a defect and is treated as one: the runner retries it with back-off and shows its type.
"""


class MtcError(Exception):
    """An error with a message for a person: what is wrong, where, why, and what to do next.

    Attributes:
        reason: CamelCase word that becomes the reason of a condition or event.
        exit_code: what the command line exits with when this error reaches its top.
    """

    reason = "Error"
    exit_code = 1
