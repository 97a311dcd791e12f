#!/bin/sh
# Same path and contract as in NVIDIA's image: becomes the program given as arguments.
exec "$@"
