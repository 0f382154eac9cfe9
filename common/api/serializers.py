"""Fields that take a value as it is or refuse it: nothing is guessed, nothing unknown passes, text comes out clean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.utils.serializer_helpers import BindingDict

from common.text import clean, clean_json, clean_line


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer for input that refuses fields it does not know, by name.

    Items come by the hundred thousand and most have nothing wrong: those are read by the short way (`_plain`), all
    others by the framework's, which says what is wrong. Both ask the same fields.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self._known]
            if unknown:
                raise ValidationError({clean_line(name, limit=100): self._unknown() for name in unknown[:20]})
        values = self._plain(data) if type(data) is dict and self._is_flat else None
        return super().to_internal_value(data) if values is None else values

    def run_validators(self, value: Any) -> None:
        if self.validators:
            super().run_validators(value)

    @cached_property
    def fields(self) -> BindingDict:
        """Whatever refuses a choice says which there are."""
        fields = super().fields
        for field in fields.values():
            name_choices(field)
        return fields

    @cached_property
    def _known(self) -> dict[str, tuple[serializers.Field[Any, Any, Any, Any], Callable[[Any], Any] | None]]:
        """Fields that may be given, each with the serializer's own check of it."""
        return {
            name: (field, getattr(self, f"validate_{name}", None))
            for name, field in self.fields.items()
            if not field.read_only
        }

    @cached_property
    def _is_flat(self) -> bool:
        """Does each field fill the value of its own name? Others (`source="price.amount"`) go the framework's way."""
        return all(field.source_attrs == [name] for name, (field, _) in self._known.items())

    def _plain(self, data: dict[str, Any]) -> dict[str, Any] | None:
        """The values of `data`, or None if anything is wrong with it."""
        values = {}
        for name, (field, check) in self._known.items():
            try:
                value = field.run_validation(field.get_value(data))
                values[name] = value if check is None else check(value)
            except serializers.SkipField:
                continue
            except (ValidationError, DjangoValidationError):
                return None
        return values

    def _unknown(self) -> list[ErrorDetail]:
        return [ErrorDetail(f"Unknown field. Known are: {', '.join(sorted(self._known))}.", code="unknown")]


def name_choices(field: Any) -> None:
    """Have `field`, or each of its list, say of a choice that it refuses which there are, as of unknown fields."""
    one = field.child if isinstance(field, serializers.ListField) else field
    if isinstance(one, serializers.ChoiceField):
        known = ", ".join(map(str, one.choices)).replace("{", "{{").replace("}", "}}")
        one.error_messages["invalid_choice"] = f'"{{input}}" is not a valid choice. Known are: {known}.'


class StrictInteger(serializers.IntegerField):
    """A JSON integer. true, "9", 9.5 and 1e1 are refused."""

    default_error_messages = {"invalid": "Give a whole number without quotes, such as 9."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class StrictBoolean(serializers.BooleanField):
    """true or false. 1, "yes" and "true" are refused."""

    default_error_messages = {"invalid": "Give true or false without quotes."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


OWN_VALIDATORS = 3  # of any CharField: length, NUL, surrogates


class CleanLine(serializers.CharField):
    """One line of text, cleaned (common.text). Too long is refused, never cut: a cut id would be another row's id."""

    default_error_messages = {"invalid": "Give text in quotes."}

    def __init__(self, *, max_length: int = 200, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, trim_whitespace=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if not isinstance(data, str):
            return super().run_validation(data)
        text = self._clean(data)
        # what is clean holds no NUL and no surrogate; to look at every letter again would take longer than all else
        plain = 0 < len(text) <= (self.max_length or 0) and len(self.validators) == OWN_VALIDATORS
        return self.to_internal_value(text) if plain else super().run_validation(text)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data

    def _clean(self, text: str) -> str:
        return clean_line(text, limit=(self.max_length or 0) + 1)


class CleanText(CleanLine):
    """Text of several lines, cleaned; with `cut=True` what is too long is cut instead of refused."""

    def __init__(self, *, max_length: int = 10_000, cut: bool = False, **kwargs: Any) -> None:
        self.cut = cut
        super().__init__(max_length=max_length, **kwargs)

    def _clean(self, text: str) -> str:
        return clean(text, limit=(self.max_length or 0) + (0 if self.cut else 1)).text


class CleanObject(serializers.DictField):
    """A JSON object whose strings, keys included, are cleaned; an id, a figure or a text per key, nothing nested."""

    default_error_messages = {
        "not_a_dict": 'Give an object such as {{"name": "value"}}.',
        "nested": "The value of {name} must be text, a number, true, false or null.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        for name, value in data.items():
            if self._is_nested(value):
                self.fail("nested", name=clean_line(str(name), limit=60))
        cleaned: dict[str, Any] = clean_json(data)
        return cleaned

    def _is_nested(self, value: Any) -> bool:
        return isinstance(value, dict | list)


class CleanAttributes(CleanObject):
    """The same, in which a value may also be a list of texts."""

    default_error_messages = {
        "nested": "The value of {name} must be text, a number, true, false, null or a list of texts.",
    }

    def _is_nested(self, value: Any) -> bool:
        if isinstance(value, list):
            return not all(isinstance(text, str) for text in value)
        return super()._is_nested(value)


class Instant(serializers.DateTimeField):
    """An ISO 8601 moment with its offset. Without one nobody can say when it was, so it is refused."""

    default_error_messages = {
        "invalid": "Give a moment such as 2026-11-23T14:30:00+00:00.",
        "day": "Add the time and the offset from UTC, such as 2026-11-23T00:00:00+00:00.",
        "naive": "Add the offset from UTC, such as 2026-11-23T14:30:00+00:00.",
        "range": "Give a moment between 1970 and 2100.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            self.fail("invalid")
        if not isinstance(moment, datetime):
            self.fail("invalid")
        if moment.utcoffset() is None:
            self.fail("day" if isinstance(value, str) and _is_day(value) else "naive")
        if not 1970 <= moment.year < 2100:
            self.fail("range")
        return moment.astimezone(UTC)


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


class Day(serializers.DateField):
    """An ISO 8601 day between 1970 and 2100."""

    default_error_messages = {"invalid": "Give a day such as 2026-11-23.", "range": "Give a day between 1970 and 2100."}

    def to_internal_value(self, value: Any) -> date:
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            self.fail("invalid")
        if not isinstance(day, date) or isinstance(day, datetime):
            self.fail("invalid")
        if not 1970 <= day.year < 2100:
            self.fail("range")
        return day
