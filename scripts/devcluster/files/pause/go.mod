module triton-stack/devcluster/pause

go 1.24.0
