"""What the models of custom resources share: how they are read and written, and what a kind says about itself.

A model is a convenient view of a JSON object that belongs to somebody else as well. Reading it and writing it back
therefore changes nothing: unknown fields stay, absent fields stay absent, metadata is never interpreted. A null means the
same as an absent field, as in Go. Fields are camelCase in JSON and snake_case in Python.

What is required here is only what MTC and Velero require; an absent optional field has Go's zero value or None. Enums are
open: a phase that a newer version invents must not make an object unreadable.
"""

from collections.abc import Mapping
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
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=UTC)  # YAML parsers drop the zone of UTC timestamps
    return value


def format_time(value: datetime) -> str:
    """Return the time as Kubernetes writes it: RFC 3339, UTC, whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
Duration = Annotated[str, BeforeValidator(_check_duration)]  # `durations.parse` computes with it
Quantity = Annotated[int | str, BeforeValidator(_check_quantity), WithJsonSchema({"x-kubernetes-int-or-string": True})]
Base64 = Annotated[str, WithJsonSchema({"type": "string", "format": "byte"})]
Int32 = Annotated[int, WithJsonSchema({"type": "integer", "format": "int32"})]
Int64 = Annotated[int, WithJsonSchema({"type": "integer", "format": "int64"})]
Strings = Annotated[tuple[str, ...], Field(strict=False), PlainSerializer(list, return_type=list[str])]  # immutable; a list in JSON
AnyObject = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]


# For a field that MTC or Velero require although it has an obvious zero value: `required` in the CRD, always written out.
REQUIRED: dict[str, Any] = {"required": True}


# --- Structs ----------------------------------------------------------------------------------------------------------------


class Model(BaseModel):
    """A struct inside a custom resource."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        validate_assignment=True,
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
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            kept = name in self.model_fields_set or field.json_schema_extra is REQUIRED or not self._is_default(name, value)
            if value is None or not kept:
                data.pop(field.alias or name, None)
                data.pop(name, None)
        return data

    def _is_default(self, name: str, value: object) -> bool:
        if isinstance(value, Model):
            return not value.model_dump()
        return bool(value == type(self).model_fields[name].get_default(call_default_factory=True))
