"""What the models of custom resources share: how they are read and written, and what a kind says about itself.

A model is a convenient view of a JSON object that belongs to somebody else as well. Reading it and writing it back
therefore changes nothing: unknown fields stay, absent fields stay absent, metadata is never interpreted. A null means the
same as an absent field, as in Go. Fields are camelCase in JSON and snake_case in Python.

What is required here is only what MTC and Velero require; an absent optional field has Go's zero value or None. Enums are
open: a phase that a newer version invents must not make an object unreadable.
"""

import contextlib
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel

from mtc.api import durations, names, quantities
from mtc.errors import MtcError


class InvalidResource(MtcError):
    """An object does not have the form of its kind; the message names the field and what is wrong with it."""

    reason = "InvalidResource"


# --- Kinds of values ------------------------------------------------------------------------------------------------------


def _parse_time(value: object) -> object:
    """Accept RFC 3339 text, and the datetime that a YAML parser makes of it."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError("must be an RFC 3339 time, such as 2026-11-23T15:54:40Z") from error
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=UTC)  # YAML parsers drop the zone of UTC timestamps
    return value


def format_time(value: datetime) -> str:
    """Return the time as Kubernetes writes it: RFC 3339, UTC, whole seconds."""
    with contextlib.suppress(OverflowError):  # the first and last hours that there are: rather a wrong hour than no object
        value = value.astimezone(UTC)
    # Not strftime: it writes the year of Go's zero time, which stands in many objects, with one digit.
    return value.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def format_micro_time(value: datetime) -> str:
    """Return the time as Kubernetes writes a MicroTime: RFC 3339, UTC, with microseconds."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _check_duration(value: object) -> object:
    if isinstance(value, str):
        try:
            durations.parse(value)
        except durations.InvalidDuration as error:
            raise ValueError(str(error)) from error
    return value


def _check_quantity(value: object) -> object:
    if isinstance(value, int | str) and not isinstance(value, bool):
        try:
            quantities.parse(value)
        except quantities.InvalidQuantity as error:
            raise ValueError(str(error)) from error
    return value


Time = Annotated[
    datetime,
    BeforeValidator(_parse_time),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
MicroTime = Annotated[
    datetime,
    BeforeValidator(_parse_time),
    PlainSerializer(format_micro_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Duration = Annotated[str, BeforeValidator(_check_duration)]  # `durations.parse` computes with it
Quantity = Annotated[int | str, BeforeValidator(_check_quantity), WithJsonSchema({"x-kubernetes-int-or-string": True})]
Base64 = Annotated[str, WithJsonSchema({"type": "string", "format": "byte"})]
Int32 = Annotated[int, WithJsonSchema({"type": "integer", "format": "int32"})]
Int64 = Annotated[int, WithJsonSchema({"type": "integer", "format": "int64"})]
Strings = Annotated[tuple[str, ...], Field(strict=False), PlainSerializer(list, return_type=list[str])]  # immutable; a list in JSON
AnyObject = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]


# For a field that MTC or Velero require although it has an obvious zero value: `required` in the CRD, always written out.
REQUIRED: dict[str, Any] = {"x-required": True}
# For a struct of which the CRD lists no fields, so that it refuses and prunes nothing.
FREE_FORM: dict[str, Any] = {"x-kubernetes-preserve-unknown-fields": True}
VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the API server refuses by itself, before anything is stored.

    Only what could never work is refused, and nothing that a condition explains. A server that is too old for such rules ignores
    them, so the controller does not rely on them.

    Attributes:
        cel: true for what is accepted, in the Common Expression Language; with `oldSelf` it is asked on changes only.
        message: why, and what to do instead.
    """

    cel: str
    message: str


def rules(*found: Rule) -> dict[str, Any]:
    """Return the part of a JSON schema that carries rules: for `json_schema_extra` of a struct's config, or for `WithJsonSchema`."""
    return {VALIDATIONS: [{"rule": rule.cel, "message": rule.message} for rule in found]}


def is_true(field: str, *, of: str = "self") -> str:
    """Return the CEL for an optional flag that is set. A field that may be null has to be asked in this way."""
    return f"(has({of}.{field}) && dyn({of}.{field}) == true)"


def not_negative(*fields: str) -> list[Rule]:
    """Return a rule for each optional number: it is unset or at least 0."""
    return [
        Rule(
            f"!has(self.{field}) || dyn(self.{field}) == null || self.{field} >= 0",
            f"{field} cannot be negative: write 0 or more, or leave it out",
        )
        for field in fields
    ]


# --- Structs ----------------------------------------------------------------------------------------------------------------


class Model(BaseModel):
    """A struct inside a custom resource."""

    model_config = ConfigDict(
        defer_build=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="allow",
        strict=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: object) -> object:
        """Treat a null in a field that we know as absent; inside unknown fields nothing is touched."""
        if not isinstance(data, Mapping) or None not in data.values():
            return data
        known = {field.alias for field in cls.model_fields.values()} | set(cls.model_fields)
        return {key: value for key, value in data.items() if value is not None or key not in known}

    @model_serializer(mode="wrap")
    def _drop_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody set: None, and defaults that were neither read nor assigned nor changed in place."""
        data: dict[str, Any] = handler(self)
        defaults = _defaults(type(self))
        for name, field in type(self).model_fields.items():
            value, key = getattr(self, name), field.alias or name
            if value is None or not (
                name in self.model_fields_set
                or field.json_schema_extra is REQUIRED
                # A struct that says nothing is as good as none; what it says has just been written.
                or (data.get(key, data.get(name)) if isinstance(value, Model) else value != defaults[name])
            ):
                data.pop(key, None)
                data.pop(name, None)
        return data


@functools.cache
def _defaults(model: type[Model]) -> dict[str, object]:
    """Return the defaults of all fields, to compare with: pydantic looks at the signature of a factory each time that it is asked."""
    return {name: field.get_default(call_default_factory=True) for name, field in model.model_fields.items()}


# --- Root objects -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ref:
    """Which object of a kind: its namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `namespace/name`, the way messages name objects."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that `kubectl get` shows after the name."""

    name: str
    path: str
    type: str = "string"
    description: str = ""
    priority: int = 0  # above 0: only with `-o wide`


AGE = Column("Age", ".metadata.creationTimestamp", "date")
READY_COLUMN = Column("Ready", ".status.conditions[?(@.type=='Ready')].status")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind is called, and how lists of it are shown."""

    kind: str
    plural: str
    group: str
    version: str
    short_names: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    scope: str = "Namespaced"

    @property
    def singular(self) -> str:
        """The name of one object in a command line."""
        return self.kind.lower()

    @property
    def api_version(self) -> str:
        """Group and version as objects carry them."""
        return f"{self.group}/{self.version}"


def migration_kind(kind: str, plural: str, *columns: Column, short_names: tuple[str, ...] = ()) -> Kind:
    """Return a kind of the migration group."""
    return Kind(kind, plural, names.MIGRATION_GROUP, names.MIGRATION_VERSION, short_names, columns)


def velero_kind(kind: str, plural: str, *columns: Column, short_names: tuple[str, ...], version: str = names.VELERO_VERSION) -> Kind:
    """Return a kind of Velero's group."""
    return Kind(kind, plural, names.VELERO_GROUP, version, short_names, columns)


class Resource(Model):
    """A custom resource: metadata as it was read, spec and status as typed views."""

    KIND: ClassVar[Kind]

    api_version: str = Field(default="", description="Group and version of this form of the object.", json_schema_extra=REQUIRED)
    kind: str = Field(default="", description="What kind of object this is.", json_schema_extra=REQUIRED)
    metadata: dict[str, Any] = Field(default_factory=dict, description="Name, namespace, labels and all else that every object has.")
    spec: Any = None
    status: Any = None

    @model_validator(mode="after")
    def _fill_in_kind(self) -> Self:
        for name, value in (("api_version", self.KIND.api_version), ("kind", self.KIND.kind)):
            if getattr(self, name) != value:
                if getattr(self, name):
                    raise ValueError(f"{to_camel(name)} is {getattr(self, name)!r} where {value!r} is expected")
                self.__dict__[name] = value  # an assignment would validate again, without end
        return self

    @classmethod
    def from_dict(cls, obj: Mapping[str, Any]) -> Self:
        """Return the typed view of an object as JSON or YAML parsers deliver it.

        Raises:
            InvalidResource: the object is of another kind, or fields have a wrong form; the message names all of them.
        """
        try:
            return cls.model_validate(obj)
        except ValidationError as error:
            problems = "; ".join(_explain(detail["loc"], detail["type"], detail["msg"], detail["input"]) for detail in error.errors())
            raise InvalidResource(f"{_title(cls.KIND.kind, obj)} has an unexpected form: {problems}") from error

    @classmethod
    def readable(cls, objects: Iterable[Mapping[str, Any]]) -> list[Self]:
        """Return the typed views of those that have the form of the kind. Others must not keep them waiting; they are told by themselves."""
        found = []
        for obj in objects:
            with contextlib.suppress(InvalidResource):
                found.append(cls.from_dict(obj))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the object for JSON: what was read, with what was changed, without nulls of our own."""
        return self.model_dump(mode="json")

    @property
    def ref(self) -> Ref:
        """Namespace and name."""
        return Ref(namespace=self.metadata.get("namespace", ""), name=self.metadata.get("name", ""))

    @property
    def name(self) -> str:
        """Name, empty before the server has generated it."""
        return self.ref.name

    @property
    def namespace(self) -> str:
        """Namespace."""
        return self.ref.namespace

    @property
    def uid(self) -> str:
        """UID, empty before the object exists."""
        return str(self.metadata.get("uid", ""))

    @property
    def labels(self) -> dict[str, str]:
        """Labels; changes to them are changes to the object."""
        return self._map("labels")

    @property
    def annotations(self) -> dict[str, str]:
        """Annotations; changes to them are changes to the object."""
        return self._map("annotations")

    def _map(self, name: str) -> dict[str, str]:
        if self.metadata.get(name) is None:
            self.metadata[name] = {}
        found: dict[str, str] = self.metadata[name]
        return found


def _title(kind: str, obj: Mapping[str, Any]) -> str:
    metadata = obj.get("metadata") if isinstance(obj, Mapping) else None
    parts = [metadata.get("namespace"), metadata.get("name") or metadata.get("generateName")] if isinstance(metadata, Mapping) else []
    return " ".join([kind, "/".join(str(part) for part in parts if part)]).strip()


_EXPECTED = {
    "string_type": "a string",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "mapping_type": "an object",
    "datetime_type": "an RFC 3339 time",
}


def _explain(location: tuple[int | str, ...], problem: str, message: str, value: object) -> str:
    """Say what is wrong with one field, without its value, which may be a secret."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".") or "it"
    if problem == "missing":
        return f"{path} is required and missing"
    if problem == "value_error":
        text = message.removeprefix("Value error, ")
        return f"{path}: {text}" if location else text
    if problem in _EXPECTED:
        return f"{path} must be {_EXPECTED[problem]}, not {_json_type(value)}"
    return f"{path}: {message}"


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    words = {bool: "true or false", int: "a number", float: "a fraction", str: "a string", list: "a list", dict: "an object"}
    return words.get(type(value), type(value).__name__)
