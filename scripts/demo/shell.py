"""Runs kubectl, helm and triton-stack against one cluster, never the user's own."""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


class CommandFailed(Exception):
    """A command ended with an error; the message holds the command and what it said."""


@dataclass(frozen=True)
class Shell:
    """A way to a cluster.

    Attributes:
        kubeconfig: File that leads to the cluster.
        tools: Folder with helm and kubectl; empty for those on PATH.
        namespace: Namespace of kubectl and helm.
        echo: Print each command, so that a reader can paste it.
    """

    kubeconfig: Path
    tools: Path | None
    namespace: str
    echo: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """Environment of every command."""
        beside = str(Path(sys.executable).parent)
        folders = [beside, *([str(self.tools)] if self.tools else []), os.environ.get("PATH", "")]
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "PATH": os.pathsep.join(folders)}

    def run(
        self, *words: str, text: str | None = None, timeout: float = 600, check: bool = True, **environment: str
    ) -> str:
        """Standard output of a command; `text` goes to its standard input.

        Raises:
            CommandFailed: it ended with an error, and `check` is set.
        """
        if self.echo:
            print(f"  $ {shlex.join(words)}", flush=True)
        done = subprocess.run(
            words,
            env={**self.environment, **environment},
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode != 0:
            raise CommandFailed(f"{shlex.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout if check else done.stdout + done.stderr

    def kubectl(self, *words: str, text: str | None = None, timeout: float = 600, check: bool = True) -> str:
        """Output of kubectl in the namespace."""
        return self.run("kubectl", "--namespace", self.namespace, *words, text=text, timeout=timeout, check=check)

    def helm(self, *words: str, timeout: float = 900, check: bool = True) -> str:
        """Output of helm in the namespace."""
        return self.run("helm", "--namespace", self.namespace, *words, timeout=timeout, check=check)

    def make_namespace(self) -> None:
        """Make the namespace with Pod Security's level "restricted"; leaves an existing one."""
        manifest = (
            f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{self.namespace}", '
            '"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}'
        )
        self.run("kubectl", "apply", "-f", "-", text=manifest)
