"""From config.pbtxt to a ModelConfig message, by protobuf's own text parser. No I/O."""

import re
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.text_format import Parse, ParseError

from triton_stack.spec.base import Document
from triton_stack.spec.descriptor import new_model_config
from triton_stack.spec.findings import Finding, FindingsError, Severity

_PLACE = re.compile(r"^(\d+):(\d+) : (.*)$", re.DOTALL)


def parse_config(text: str | bytes, file: str) -> Any:
    """Parse the text of one config.pbtxt.

    Raises:
        FindingsError: TS008 with line and column.
    """
    document = Document(file, None)
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return Parse(decoded, new_model_config())
    except UnicodeDecodeError as error:
        raise FindingsError(
            [document.finding("TS008", f"not UTF-8 text: byte {error.start} is {error.reason}")]
        ) from None
    except ParseError as error:
        raise FindingsError([_finding(error, file)]) from None
    except RecursionError:
        raise FindingsError([document.finding("TS008", "nested too deeply")]) from None
    except (DecodeError, ValueError, UnicodeError, TypeError, KeyError, AttributeError) as error:
        raise FindingsError([document.finding("TS008", f"not valid protobuf text: {error}")]) from None


def _finding(error: ParseError, file: str) -> Finding:
    match = _PLACE.match(str(error))
    if match is None:
        return Finding("TS008", Severity.ERROR, f"not valid protobuf text: {error}", file=file)
    line, column, message = match.groups()
    return Finding(
        "TS008", Severity.ERROR, f"not valid protobuf text: {message}", file=file, line=int(line), column=int(column)
    )
