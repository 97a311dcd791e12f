"""What is put into a parsed template before it runs: prices, and marks of lines. No I/O."""

from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from triton_stack.spec.sandbox import EACH, MARK_INSIDE, MARK_TAG, MARK_TEXT, WEIGH, Sandbox

_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Block: "block",
    nodes.Extends: "extends",
    nodes.FromImport: "import",
    nodes.Import: "import",
    nodes.Include: "include",
    nodes.ScopedEvalContextModifier: "autoescape",
}
# Text inside these is a value first, and may be measured and compared before it is written.
_CAPTURES = (nodes.AssignBlock, nodes.CallBlock, nodes.FilterBlock, nodes.Macro)


class RefusedTagError(Exception):
    """A template uses a tag that specs cannot have."""

    def __init__(self, tag: str, line: int) -> None:
        self.line = line
        super().__init__(f'"{tag}" is not allowed: each file stands for itself')


class Instrument(NodeTransformer):
    """Puts the prices and the marks of lines into a parsed template."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._captured = False

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        """Refuse the tags that reach for other files; go on with all else."""
        if tag := _REFUSED.get(type(node)):
            raise RefusedTagError(tag, node.lineno)
        captured = self._captured
        is_capture = isinstance(node, _CAPTURES) or (isinstance(node, nodes.For) and node.recursive)
        self._captured = captured or is_capture
        result = super().generic_visit(node, *args, **kwargs)
        self._captured = captured
        if is_capture and not captured:
            # What the block writes comes from its tag, not from the text before it.
            return [nodes.Output([self._call(MARK_TAG, node, 0)], lineno=node.lineno), result]  # type: ignore[return-value]
        return result

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        """Mark each piece: text counts its own lines, all of an expression's stand at its tag."""
        pieces: list[nodes.Expr] = []
        for child in node.nodes:
            is_text = isinstance(child, nodes.TemplateData)
            size = len(child.data) if isinstance(child, nodes.TemplateData) else 0
            name = MARK_INSIDE if self._captured else MARK_TEXT if is_text else MARK_TAG
            pieces += [self._call(name, child, size), child if is_text else self.visit(child)]
        node.nodes = pieces
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Count the steps of a loop."""
        visited = self.generic_visit(node)
        node.iter = self._filter(node.iter, EACH)
        return visited

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Write ``a ~ b`` as the join that it is, which has a price."""
        self.generic_visit(node)
        return self._filter(nodes.List(node.nodes, lineno=node.lineno), "join")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Weigh what is compared: lists of lists may take long."""
        self.generic_visit(node)
        node.expr = self._weigh(node.expr)
        for operand in node.ops:
            operand.expr = self._weigh(operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """Weigh slices: they are copies."""
        self.generic_visit(node)
        return self._weigh(node) if isinstance(node.arg, nodes.Slice) else node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        """Weigh what holds values that are already there: ten lines could hold each other a thousand times."""
        self.generic_visit(node)
        return self._weigh(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        """Weigh, as a list."""
        self.generic_visit(node)
        return self._weigh(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        """Weigh, as a list; one that names the variables of a loop is none."""
        self.generic_visit(node)
        return self._weigh(node) if node.ctx == "load" else node

    def _weigh(self, node: nodes.Expr) -> nodes.Expr:
        return node if isinstance(node, nodes.Const) else self._filter(node, WEIGH)

    def _call(self, name: str, at: nodes.Node, size: int) -> nodes.Expr:
        return self._filter(nodes.Const(at.lineno), name, [nodes.Const(size)], at.lineno)

    def _filter(self, value: nodes.Node, name: str, args: list[nodes.Expr] | None = None, line: int = 0) -> nodes.Expr:
        made = nodes.Filter(value, name, args or [], [], None, None, lineno=line or value.lineno)
        made.set_environment(self._sandbox)
        return made
