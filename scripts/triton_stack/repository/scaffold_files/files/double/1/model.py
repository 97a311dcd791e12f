"""Doubles every number of its input."""

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """A model of Triton's python backend."""

    def execute(self, requests):
        """Answer each request of a batch with one response, in the same order."""
        responses = []
        for request in requests:
            numbers = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", numbers * 2)]))
        return responses
