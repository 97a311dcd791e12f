"""all-MiniLM-L6-v2 in numpy: a BERT encoder of 6 layers, mean pooling, unit vectors.

Weights: the safetensors file of sentence-transformers/all-MiniLM-L6-v2. Needs numpy and tokenizers, no framework.
"""

import json
import math
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

LAYERS = 6
HEADS = 12
MAX_TOKENS = 256
LAYER_NORM_EPSILON = 1e-12
# Added to the attention scores of padding, so that its share is zero in FP32.
PADDING_SCORE = np.float32(-1e9)
SAFETENSORS_TYPES = {"F32": np.float32, "I64": np.int64}


class MiniLM:
    """The model of one folder with model.safetensors and tokenizer.json."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        self._weights = read_safetensors(folder / "model.safetensors")

    def embed(self, texts: list[str]) -> np.ndarray:
        """Return one unit vector of 384 FP32 numbers for each text."""
        tokens = self._tokenizer.encode_batch(texts)
        ids = np.array([item.ids for item in tokens])
        mask = np.array([item.attention_mask for item in tokens], np.float32)
        hidden = self._encode(ids, mask)
        weights = mask[:, :, None]
        pooled = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        return (pooled / np.linalg.norm(pooled, axis=1, keepdims=True)).astype(np.float32)

    def _encode(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        embeddings = "embeddings."
        hidden = (
            self._weights[embeddings + "word_embeddings.weight"][ids]
            + self._weights[embeddings + "position_embeddings.weight"][: ids.shape[1]]
            + self._weights[embeddings + "token_type_embeddings.weight"][0]
        )
        hidden = self._layer_norm(hidden, embeddings + "LayerNorm")
        padding = (1 - mask)[:, None, None, :] * PADDING_SCORE
        for index in range(LAYERS):
            layer = f"encoder.layer.{index}."
            attended = self._linear(self._attention(hidden, padding, layer), layer + "attention.output.dense")
            hidden = self._layer_norm(attended + hidden, layer + "attention.output.LayerNorm")
            wide = gelu(self._linear(hidden, layer + "intermediate.dense"))
            hidden = self._layer_norm(self._linear(wide, layer + "output.dense") + hidden, layer + "output.LayerNorm")
        return hidden

    def _attention(self, hidden: np.ndarray, padding: np.ndarray, layer: str) -> np.ndarray:
        batch, length, width = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{layer}attention.self.{part}")
            .reshape(batch, length, HEADS, width // HEADS)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(width // HEADS) + padding
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return (shares @ value).transpose(0, 2, 1, 3).reshape(batch, length, width)

    def _linear(self, values: np.ndarray, name: str) -> np.ndarray:
        return values @ self._weights[name + ".weight"].T + self._weights[name + ".bias"]

    def _layer_norm(self, values: np.ndarray, name: str) -> np.ndarray:
        mean = values.mean(axis=-1, keepdims=True)
        variance = values.var(axis=-1, keepdims=True)
        scaled = (values - mean) / np.sqrt(variance + LAYER_NORM_EPSILON)
        return scaled * self._weights[name + ".weight"] + self._weights[name + ".bias"]


def gelu(values: np.ndarray) -> np.ndarray:
    """Return GELU in its tanh form: numpy has no erf, and the difference is below 1e-3 in the embedding."""
    return 0.5 * values * (1 + np.tanh(math.sqrt(2 / math.pi) * (values + 0.044715 * values**3)))


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Read every tensor of a safetensors file: 8 bytes of header length, a JSON header, raw little-endian data."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            raw = content[start + begin : start + end]
            tensors[name] = np.frombuffer(raw, SAFETENSORS_TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors
