"""Safe arithmetic for input files: text becomes a checked tree, never Python code that runs.

The language: numbers, names, ``+ - * / **``, unary minus, comparisons, ``and``, ``or``, ``not``,
``a if condition else b`` and the functions in `FUNCTIONS`. Everything is float64, so that a tower of
powers overflows at once instead of growing for ever. Truth is 1 and 0; any number but 0 is true.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.errors import nearest
from sim.faults import Fault, fault

Floats = NDArray[np.float64]

MAX_LENGTH = 500
MAX_DEPTH = 100
MAX_EXPONENT = 1e6
"""The largest exponent that may be written out; `9**9**9` is a mistake, not a number."""

_OPERATORS: dict[type[ast.operator], Callable[[Floats, Floats], Floats]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Floats, Floats], NDArray[np.bool_]]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_ONE_ARGUMENT: dict[str, Callable[[Floats], Floats]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "floor": np.floor,
}
_MORE_ARGUMENTS: dict[str, Callable[[Floats, Floats], Floats]] = {"min": np.minimum, "max": np.maximum}
FUNCTIONS = (*_ONE_ARGUMENT, *_MORE_ARGUMENTS)
_PARTS = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name, ast.Constant)


class ExpressionError(ValueError):
    """An expression that cannot be used. column: where in its text, from 1, or None."""

    def __init__(self, fault: Fault, column: int | None = None) -> None:
        super().__init__(fault, column)
        self.fault, self.column = fault, column

    @property
    def placed(self) -> Fault:
        """What is wrong, with its column."""
        return self.fault if self.column is None else fault("at_column", column=self.column, why=self.fault)

    def __str__(self) -> str:
        return self.placed.text()


@dataclass(frozen=True)
class Expression:
    """A checked expression: its text and the names that it uses. Made by `compile_expression`."""

    text: str
    names: frozenset[str]
    _tree: ast.expr = field(repr=False, compare=False)

    def evaluate(self, **values: ArrayLike) -> Floats:
        """Return the value as float64, in the shape to which the `values` that it uses broadcast.

        Both sides of an `if`, and of `and` and `or`, are computed, but only the one that counts can
        make the result invalid.

        Raises ExpressionError where a name has no value or the result is not a finite number.
        """
        missing = sorted(self.names - values.keys())
        if missing:
            raise ExpressionError(fault("no_value_for_names", names=tuple(missing)))
        arrays = {name: np.asarray(values[name], dtype=np.float64) for name in self.names}
        with np.errstate(all="ignore"):
            result = np.asarray(_value(self._tree, arrays), dtype=np.float64)
        if not np.all(np.isfinite(result)):
            raise ExpressionError(
                fault("expression_not_finite", where=_example(result, arrays), text=self.text)
            )
        return result


def compile_expression(text: str, names: Iterable[str]) -> Expression:
    """Return the expression in `text`, which may use `names`.

    Raises ExpressionError, with the column (from 1) in the text, when the text is too long or too deep,
    is not in the language of this module, or uses another name.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(fault("expression_too_long", most=MAX_LENGTH), MAX_LENGTH + 1)
    if "#" in text:
        raise ExpressionError(fault("expression_with_comment"), text.index("#") + 1)
    indent = len(text) - len(text.lstrip())
    line = " ".join(text.strip().splitlines())
    try:
        tree = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        column = indent + (error.offset or len(line) + 1)
        raise ExpressionError(fault("no_arithmetic", reason=error.msg), column) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError(fault("no_expression"), 1) from None
    _Check(line, indent, frozenset(names)).visit(tree)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return Expression(line, frozenset(used.difference(FUNCTIONS)), tree)


@dataclass(frozen=True)
class _Check:
    """The rules of the language, with the line of text for saying where one is broken."""

    line: str
    indent: int
    names: frozenset[str]

    def visit(self, node: ast.AST, depth: int = 1) -> None:
        if not isinstance(node, _PARTS):
            raise self.fault(node, fault("only_arithmetic"))
        if depth > MAX_DEPTH:
            raise self.fault(node, fault("expression_too_deep", most=MAX_DEPTH))
        match node:
            case ast.Constant(value=value):
                self.check_number(node, value)
            case ast.Name(id=name):
                self.check_name(node, name)
            case ast.Call():
                self.check_call(node)
            case ast.UnaryOp(op=op) if not isinstance(op, ast.USub | ast.Not):
                raise self.fault(node, fault("unknown_sign"))
            case ast.BinOp(op=op) if type(op) not in _OPERATORS:
                raise self.fault(node, fault("unknown_operator"))
            case ast.Compare(ops=ops) if any(type(op) not in _COMPARISONS for op in ops):
                raise self.fault(node, fault("unknown_comparison"))
            case _:
                pass
        for part in _operands(node):
            self.visit(part, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            self.check_exponent(node.right)

    def check_number(self, node: ast.AST, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault(node, fault("expected_number_or_name"))
        try:
            finite = math.isfinite(float(value))
        except OverflowError:
            finite = False
        if not finite:
            raise self.fault(node, fault("number_too_large"))

    def check_name(self, node: ast.AST, name: str) -> None:
        if name in FUNCTIONS:
            raise self.fault(node, fault("function_without_brackets", name=name))
        if name not in self.names:
            raise self.fault(node, fault("unknown_name", name=name, near=nearest(name, self.names)))

    def check_call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            name = node.func.id if isinstance(node.func, ast.Name) else "this"
            raise self.fault(node, fault(
                "unknown_function",
                name=name, near=nearest(name, FUNCTIONS), known=FUNCTIONS,
            ))  # fmt: skip
        count, name = len(node.args), node.func.id
        if node.keywords or (count != 1 if name in _ONE_ARGUMENT else count < 2):
            one = fault("takes_one_value", name=name)
            raise self.fault(node, one if name in _ONE_ARGUMENT else fault("takes_two_more", name=name))

    def check_exponent(self, node: ast.expr) -> None:
        if any(isinstance(part, ast.Name) and part.id not in FUNCTIONS for part in ast.walk(node)):
            return
        with np.errstate(all="ignore"):
            size = float(np.abs(_value(node, {})))
        if not size <= MAX_EXPONENT:
            raise self.fault(node, fault("exponent_too_large", most=MAX_EXPONENT))

    def fault(self, node: ast.AST, wrong: Fault) -> ExpressionError:
        # The tree counts bytes; people count characters.
        before = self.line.encode()[: getattr(node, "col_offset", 0)].decode()
        return ExpressionError(wrong, self.indent + len(before) + 1)


def _operands(node: ast.AST) -> list[ast.expr]:
    """Return the parts of a node that are values (of a call, its arguments and not its name)."""
    if isinstance(node, ast.Call):
        return node.args
    return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _value(node: ast.expr, values: dict[str, Floats]) -> Floats:
    """Return the value of a checked node. A comparison with something invalid is itself invalid."""
    match node:
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[arg-type, return-value]
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.UnaryOp(operand=operand):
            inner = _value(operand, values)
            return np.where(np.isnan(inner), np.nan, inner == 0)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            condition = _value(test, values)
            chosen = np.where(condition != 0, _value(body, values), _value(orelse, values))
            return np.where(np.isnan(condition), np.nan, chosen)
        case ast.BoolOp(op=op, values=parts):
            return _first_that_decides([_value(part, values) for part in parts], isinstance(op, ast.Or))
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            sides = [_value(part, values) for part in (left, *comparators)]
            return _first_that_decides(
                [
                    np.where(np.isnan(a) | np.isnan(b), np.nan, _COMPARISONS[type(op)](a, b))
                    for op, a, b in zip(ops, sides, sides[1:], strict=False)
                ],
                False,
            )
        case ast.Call(func=ast.Name(id=name), args=args):
            arguments = [_value(part, values) for part in args]
            if name in _ONE_ARGUMENT:
                return _ONE_ARGUMENT[name](arguments[0])
            result = arguments[0]
            for argument in arguments[1:]:
                result = _MORE_ARGUMENTS[name](result, argument)
            return result
        case _:
            raise AssertionError(f"unchecked node {node}")


def _first_that_decides(parts: list[Floats], decisive: bool) -> Floats:
    """Return `or` (decisive: True) or `and` of the parts as 1 and 0, from left to right."""
    result = _truth(parts[0])
    for part in parts[1:]:
        # What is invalid on the left stays so; what the left decides needs no right.
        result = np.where((result == float(decisive)) | np.isnan(result), result, _truth(part))
    return result


def _truth(value: Floats) -> Floats:
    return np.where(np.isnan(value), np.nan, value != 0)


def _example(result: Floats, values: dict[str, Floats]) -> tuple[str, ...]:
    """Return where a result is first invalid, as 'age = 3'."""
    place = np.unravel_index(int(np.argmin(np.isfinite(result))), result.shape)
    return tuple(
        f"{name} = {np.broadcast_to(values[name], result.shape)[place]:g}" for name in sorted(values)
    )
