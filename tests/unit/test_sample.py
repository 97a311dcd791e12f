"""A sample must fit the tensors; it becomes a request and warm-up data."""

import json
import struct

import pytest

from triton_stack.spec.findings import Finding, FindingsError
from triton_stack.spec.model import ModelSpec, parse_model_spec


def spec(data_type: str, dims: list[int], sample: object, **keys: object) -> ModelSpec:
    tensor = {"name": "A", "data_type": data_type, "dims": dims}
    return parse_model_spec(json.dumps({"name": "m", "input": [tensor], "sample": sample, **keys}), "m.yaml")


def refused(data_type: str, dims: list[int], sample: object) -> Finding:
    with pytest.raises(FindingsError) as caught:
        spec(data_type, dims, sample)
    (finding,) = caught.value.findings
    return finding


@pytest.mark.parametrize(
    ("data_type", "dims", "data"),
    [
        ("FP32", [2], [1, 2.5]),
        ("FP32", [2, 2], [[1, 2], [3, 4]]),
        ("FP32", [-1, 2], [[1, 2], [3, 4], [5, 6]]),
        ("INT8", [2], [-128, 127]),
        ("UINT64", [1], [2**64 - 1]),
        ("BOOL", [2], [True, False]),
        ("STRING", [1], ["héllo"]),
        ("FP32", [3, 224, 224], {"zeros": [3, 224, 224]}),
    ],
)
def test_data_that_fits_is_accepted(data_type: str, dims: list[int], data: object) -> None:
    assert spec(data_type, dims, {"A": data}).sample


@pytest.mark.parametrize(
    ("data_type", "dims", "data", "key"),
    [
        ("FP32", [2], [1, 2, 3], "sample.A"),
        ("FP32", [2], [[1, 2]], "sample.A"),
        ("FP32", [2, 2], [[1, 2], [3]], "sample.A"),
        ("FP32", [1], ["1"], "sample.A[0]"),
        ("FP32", [1], [1e39], "sample.A[0]"),
        ("INT8", [2], [0, 128], "sample.A[1]"),
        ("UINT8", [1], [-1], "sample.A[0]"),
        ("INT32", [1], [1.5], "sample.A[0]"),
        ("INT32", [1], [True], "sample.A[0]"),
        ("BOOL", [1], [1], "sample.A[0]"),
        ("STRING", [1], [1], "sample.A[0]"),
        ("FP32", [3, 2], {"zeros": [3, 3]}, "sample.A"),
        ("FP32", [-1], {"zeros": [10**9]}, "sample.A"),
        ("FP32", [-1], {"ones": [1]}, "sample.A"),
    ],
)
def test_data_that_does_not_fit_is_refused_at_its_key(data_type: str, dims: list[int], data: object, key: str) -> None:
    finding = refused(data_type, dims, {"A": data})
    assert (finding.code, finding.key) == ("TS603", key)


@pytest.mark.parametrize("data_type", ["FP16", "BF16"])
def test_a_type_that_json_cannot_carry_is_refused(data_type: str) -> None:
    assert refused(data_type, [1], {"A": [1]}).code == "TS604"


def test_an_unknown_input_is_refused() -> None:
    finding = refused("FP32", [1], {"A": [1], "B": [1]})
    assert (finding.code, finding.key) == ("TS601", "sample.B")


def test_an_input_left_out_is_refused() -> None:
    assert refused("FP32", [1], {}).code == "TS602"


def test_an_optional_input_may_be_left_out() -> None:
    text = "{name: m, input: [{name: A, data_type: FP32, dims: [1], optional: true}], sample: {}}"
    assert parse_model_spec(text, "m").sample_request == '{"inputs":[]}'


def test_the_request_of_a_batching_model_has_one_item() -> None:
    request = spec("STRING", [1], {"A": ["hello world"]}, max_batch_size=16).sample_request
    expected = '{"inputs":[{"name":"A","shape":[1,1],"datatype":"BYTES","data":["hello world"]}]}'
    assert request == expected


def test_the_request_of_a_model_without_batching_has_its_dims() -> None:
    request = spec("INT32", [2, 1], {"A": [[1], [2]]}).sample_request
    assert request == '{"inputs":[{"name":"A","shape":[2,1],"datatype":"INT32","data":[1,2]}]}'


def test_warm_up_data_of_texts_has_each_length_before_it() -> None:
    made = spec("STRING", [2], {"A": ["ab", "é"]}, model_warmup="sample")
    assert made.warmup_files == {"warmup/sample_0": b"\x02\0\0\0ab\x02\0\0\0\xc3\xa9"}


def test_warm_up_data_of_numbers_is_little_endian() -> None:
    made = spec("FP32", [2], {"A": [1, 2.5]}, model_warmup="sample")
    assert made.warmup_files == {"warmup/sample_0": struct.pack("<2f", 1, 2.5)}


def test_warm_up_with_zeros_needs_no_file() -> None:
    made = spec("FP32", [2], {"A": {"zeros": [2]}}, model_warmup="sample")
    assert made.warmup_files == {}
    assert made.config.model_warmup[0].inputs["A"].zero_data


def test_warm_up_from_the_sample_needs_a_sample() -> None:
    with pytest.raises(FindingsError) as caught:
        parse_model_spec("{name: m, model_warmup: sample}", "m.yaml")
    assert [(finding.code, finding.key) for finding in caught.value.findings] == [("TS605", "model_warmup")]


def test_warm_up_in_tritons_own_words_is_kept() -> None:
    text = "{name: m, model_warmup: [{name: w, batch_size: 2}]}"
    assert parse_model_spec(text, "m").config.model_warmup[0].batch_size == 2
