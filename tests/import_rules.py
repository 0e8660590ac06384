"""The arrows between the packages, as tables, and the check that reads every import of the source.

Imports inside functions and under ``TYPE_CHECKING`` count too: an arrow says who may know whom.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

__all__ = ["form_faults", "import_faults", "source_files"]

# Who may import whom, own package aside. Written out, so that a new arrow is a decision and shows in a diff.
BELOW_CLIENT = {"rules", "sealing", "wire", "errors", "crypto_utils"}
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "crypto_utils": {"errors"},
    "wire": {"errors"},
    "rules": {"wire", "errors"},
    "sealing": {"crypto_utils", "wire", "errors"},
    "net": {"wire", "errors"},
    "server": {"net"} | BELOW_CLIENT,
    "client": {"net"} | BELOW_CLIENT,
    "desktop": {"client", "rules", "sealing", "wire", "errors"},
    # What a person runs puts the parts together; neither of the two knows the other side.
    "server.py": {"server", "net"} | BELOW_CLIENT,
    "client.py": {"client", "desktop", "net"} | BELOW_CLIENT,
    "examples": {"client", "errors"},
    "securechat": set(),
    "atomic_file": {"errors"},
    "requirements_check": set(),
}
# Leaves that belong to nobody and that everybody may use; `securechat` itself holds only the version.
SHARED = {"atomic_file", "requirements_check", "securechat"}

# Modules that have an owner: everywhere else they are refused.
OWNERS: dict[str, set[str]] = {
    "Crypto": {"crypto_utils.py", "securechat/net/certificate.py"},
    "socket": {"securechat/net/"},
    "ssl": {"securechat/net/"},
    "select": {"securechat/net/"},
    "selectors": {"securechat/net/"},
    "socketserver": set(),
    "asyncio": set(),
    "tkinter": {"securechat/desktop/", "client.py"},
}
# wire and rules are pure: what they answer depends on what they are given alone.
PURE = ("securechat/wire/", "securechat/rules/")
NOT_IN_PURE = {"threading", "_thread", "queue", "concurrent", "multiprocessing", "subprocess"}


def source_files(root: Path) -> list[Path]:
    """The Python files the rules are for: the package, the top-level modules and the examples."""
    files = [root / name for name in ("crypto_utils.py", "server.py", "client.py") if (root / name).exists()]
    for folder in ("securechat", "examples"):
        files += sorted((root / folder).rglob("*.py"))
    return files


def import_faults(root: Path, file: Path) -> list[str]:
    """Each import of ``file`` that goes against an arrow or into an owned module, as a sentence."""
    place = file.relative_to(root).as_posix()
    importer = _package_of(place)
    allowed = ARROWS.get(importer, set()) | SHARED | {importer}
    faults = [] if importer in ARROWS else [f"{place}: {importer} has no place among the arrows"]
    for line, module in _imports(place, ast.parse(file.read_text(encoding="utf-8"))):
        where = f"{place}:{line}"
        top = module.partition(".")[0]
        target = _project_target(root, module)
        if target is not None and target not in allowed:
            faults.append(f"{where}: {importer} must not import {module} ({target})")
        if top in OWNERS and not any(_inside(place, owner) for owner in OWNERS[top]):
            faults.append(f"{where}: only {' and '.join(sorted(OWNERS[top])) or 'nobody'} may import {top}")
        if top in NOT_IN_PURE and place.startswith(PURE):
            faults.append(f"{where}: wire and rules are pure and must not import {top}")
    return faults


def form_faults(root: Path, file: Path) -> list[str]:
    """A missing docstring or ``__all__``. A package's file that holds only its docstring needs no ``__all__``."""
    place = file.relative_to(root).as_posix()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    described = ast.get_docstring(tree) is not None
    faults = [] if described else [f"{place}: no module docstring"]
    public = place == "crypto_utils.py" or place.startswith("securechat/")
    names = {
        target.id
        for node in tree.body
        for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
        if isinstance(target, ast.Name)
    }
    if public and len(tree.body) > described and "__all__" not in names:
        faults.append(f"{place}: no __all__")
    return faults


def _inside(place: str, owner: str) -> bool:
    return place.startswith(owner) if owner.endswith("/") else place == owner


def _package_of(place: str) -> str:
    """The name in ARROWS of the file at this place."""
    parts = place.split("/")
    if parts[0] == "examples":
        return "examples"
    if parts[0] != "securechat":
        return place if place in ARROWS else place.removesuffix(".py")
    name = parts[1].removesuffix(".py")
    return "securechat" if name == "__init__" else name


def _project_target(root: Path, module: str) -> str | None:
    """The name in ARROWS of an imported module; None if it is not of this project."""
    parts = module.split(".")
    if parts[0] in ("server", "client"):
        return f"{parts[0]}.py"
    if parts[0] in ("crypto_utils", "examples", "tests"):
        return parts[0]
    if parts[0] != "securechat":
        return None
    # `from securechat import wire` names a package; `from securechat import __version__` does not.
    if len(parts) > 1 and (parts[1] in ARROWS or _is_module(root / "securechat" / parts[1])):
        return parts[1]
    return "securechat"


def _is_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").exists()


def _imports(place: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of each import; for ``from a import b`` the name is ``a.b``."""
    package = place.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{start}.{alias.name}" if start else alias.name
        elif isinstance(node, ast.Call) and _is_import_call(node.func):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def _is_import_call(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__")
