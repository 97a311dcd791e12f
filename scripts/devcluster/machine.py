"""Limits of the machine that a cluster runs into."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from devcluster.errors import Problem

# counted on running nodes: kubelet 7, controller manager 7, API server 6, systemd 3, and one each of four more
CONTROL_PLANE_WATCHES = 27
WORKER_WATCHES = 14
_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")


def check_watches(nodes: int) -> None:
    """Refuses a cluster for which the kernel has not enough inotify instances left.

    Nodes that get none fail after minutes with messages that do not name the reason: containerd goes on without its
    Kubernetes interface, and kubelet gives up.

    Args:
        nodes: How many nodes the new cluster has.

    Raises:
        Problem: Not enough are left.
    """
    needed = CONTROL_PLANE_WATCHES + WORKER_WATCHES * (nodes - 1)
    with contextlib.suppress(OSError, ValueError):
        limit, used = int(_LIMIT.read_text()), watches_in_use()
        if limit - used < needed:
            raise Problem(
                f"a cluster of {nodes} node(s) takes {needed} inotify instances; {used} of {limit} are in use",
                "delete a cluster that is not needed (python -m devcluster status shows them), or raise the limit: "
                "sysctl -w fs.inotify.max_user_instances=512",
            )


def watches_in_use() -> int:
    """Returns how many inotify instances this user's processes hold, as far as they can be seen."""
    count, me = 0, os.geteuid()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid != me:
                continue
            for descriptor in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    count += os.readlink(descriptor) == "anon_inode:inotify"
    return count
