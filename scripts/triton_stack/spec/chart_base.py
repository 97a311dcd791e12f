"""What every section of the chart's values shares."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Labels = dict[str, str]


class ValuesModel(BaseModel):
    """A closed map of values: an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        use_attribute_docstrings=False,
        strict=False,
    )
