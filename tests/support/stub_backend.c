/* A backend that answers each request with nothing: enough for Triton's core to judge a config of any backend. */
#include <stddef.h>
#include <stdint.h>

#define RELEASE_ALL 1
#define RESPONSE_FINAL 1

struct Error;
struct Instance;
struct Request;
struct Response;

struct Error* TRITONBACKEND_ResponseNew(struct Response**, struct Request*);
struct Error* TRITONBACKEND_ResponseSend(struct Response*, uint32_t flags, struct Error*);
struct Error* TRITONBACKEND_RequestRelease(struct Request*, uint32_t flags);

struct Error* TRITONBACKEND_ModelInstanceExecute(struct Instance* instance, struct Request** requests, uint32_t count) {
  for (uint32_t index = 0; index < count; ++index) {
    struct Response* response;
    if (TRITONBACKEND_ResponseNew(&response, requests[index]) == NULL) {
      TRITONBACKEND_ResponseSend(response, RESPONSE_FINAL, NULL);
    }
    TRITONBACKEND_RequestRelease(requests[index], RELEASE_ALL);
  }
  return NULL;
}
