"""Triton python model: sentence embeddings by all-MiniLM-L6-v2."""

from pathlib import Path

import numpy as np
import triton_python_backend_utils as pb_utils
from minilm import MiniLM


class TritonPythonModel:
    """TEXT, BYTES [n, 1] -> EMBEDDING, FP32 [n, 384], unit length."""

    def initialize(self, args):
        """Load weights and tokenizer from the version directory."""
        self._model = MiniLM(Path(args["model_repository"]) / args["model_version"])

    def execute(self, requests):
        """Embed the texts of all requests in one pass: that is what makes dynamic batching pay."""
        texts = [pb_utils.get_input_tensor_by_name(request, "TEXT").as_numpy().reshape(-1) for request in requests]
        decoded = [text.decode("utf-8", errors="replace") for part in texts for text in part]
        vectors = self._model.embed(decoded)
        ends = np.cumsum([len(part) for part in texts])[:-1]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("EMBEDDING", part)]) for part in np.split(vectors, ends)]
