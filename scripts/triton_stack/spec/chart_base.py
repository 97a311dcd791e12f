"""What every section of the chart's values shares: closed maps, and the kinds of text that Kubernetes takes."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema


class ValuesModel(BaseModel):
    """A closed map of values: an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        use_attribute_docstrings=False,
        strict=False,
    )


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a text, said in words where it is not kept.

    Args:
        pattern: of the whole text, for Python's, Go's and JavaScript's engines alike.
        words: what the text must be, for the message.
        longest: number of characters; 0 for any. Counts in a pattern make every render dear.
        number: JSON's type of a number that will do as well: ``integer``, ``number``, or empty for none.
    """

    pattern: str
    words: str
    longest: int = 0
    number: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate as a text, with our own message."""
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Say the same to Helm and to editors."""
        text: dict[str, Any] = {"type": "string", "pattern": self.pattern}
        if self.longest:
            text["maxLength"] = self.longest
        return {"anyOf": [text, {"type": self.number, "minimum": 0}]} if self.number else text

    def _validate(self, value: Any) -> Any:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if (is_whole and self.number) or (isinstance(value, float) and self.number == "number"):
            if value >= 0:
                return value
            raise ValueError(f"must be {self.words}")
        if not isinstance(value, str):
            hint = "; write it in quotes" if isinstance(value, int | float) and not self.number else ""
            raise ValueError(f"must be {self.words}{hint}")
        if self.longest and len(value) > self.longest:
            raise ValueError(f"must be {self.words}; it has {len(value)} characters")
        if re.search(self.pattern.removesuffix("$") + r"\Z", value) is None:
            raise ValueError(f"must be {self.words}")
        return value


_LABEL_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
LabelKey = Annotated[
    str,
    Form(rf"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?{_LABEL_NAME}$", "a label's name, as team or example.org/team"),
]
LabelValue = Annotated[
    str, Form(rf"^({_LABEL_NAME})?$", "a label's value: at most 63 letters, digits, dashes, dots and underscores", 63)
]
Labels = dict[LabelKey, LabelValue]
Annotations = dict[LabelKey, str]

ObjectName = Annotated[
    str,
    Form(
        r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$",
        "an object's name: at most 253 lower-case letters, digits, dashes and dots",
        253,
    ),
]
ShortName = Annotated[
    str, Form(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a name of at most 63 lower-case letters, digits and dashes", 63)
]
DataKey = Annotated[str, Form(r"^[-._a-zA-Z0-9]+$", "a key of a Secret or ConfigMap")]
Quantity = Annotated[
    str | float,
    Form(r"^[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i|[eE][0-9]+)?$", "a quantity, as 500m, 2Gi or 2G", number="number"),
]
Duration = Annotated[str, Form(r"^[0-9]+(ms|s|m|h)$", "a time with one unit, as 15s")]
Registry = Annotated[
    str,
    Form(
        r"^([A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[A-Za-z0-9._-]+)*/?)?$",
        "a registry without scheme, as registry.example.org:5000/mirror",
    ),
]
