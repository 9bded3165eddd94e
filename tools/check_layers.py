# SPDX-License-Identifier: Apache-2.0
"""The include rule: a file includes only what stands below its layer, named from the top of the tree, without cycles."""
import re

from sources import ALL_FOLDERS, ROOT, find

# Each layer and what it may include besides itself.
BELOW_CORE = {"abi": "", "lib": "abi", "arch": "abi lib", "ept": "abi lib arch", "iommu": "abi lib arch ept",
              "isolation": "abi lib arch ept iommu", "vmx": "abi lib arch ept iommu isolation",
              "boot": "abi lib arch ept iommu isolation vmx"}
BELOW_MANAGER = {"devices": "abi lib", "manager": "abi lib devices"}
# The attacker's view: tiny managers and guests of our own; what measures looks like one.
BELOW_ATTACK = {"tests/tiny": "abi lib", "tests/model": "abi lib", "tests/transition": "abi lib tests/model",
                "tests/hostile": "abi lib tests/tiny tests/model",
                "tests/attack": "abi lib tests/tiny tests/model tests/transition tests/hostile", "tests/bench": "abi lib tests/tiny"}
LAYERS = {layer: set(below.split()) for layer, below in {**BELOW_CORE, **BELOW_MANAGER, **BELOW_ATTACK}.items()}
COMPILER_HEADERS = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path):
    """The layer a file belongs to, None where anything may be included (unit tests, proofs)."""
    name = path.as_posix()
    for layer in BELOW_ATTACK:
        if name.startswith(layer + "/"):
            return layer
    top = path.parts[0]
    return top if top in LAYERS else None


def _complaints_about(path, includes):
    layer = layer_of(path)
    for bracket, name in includes:
        if bracket == "<":
            if layer and name not in COMPILER_HEADERS:
                yield f"{path}: includes <{name}>, which is not one of the compiler's freestanding headers"
            continue
        if not (ROOT / name).is_file():
            yield f"{path}: includes \"{name}\", which does not exist: name it from the top of the tree"
            continue
        other = layer_of((ROOT / name).relative_to(ROOT))
        if layer and other != layer and other not in LAYERS[layer]:
            yield f"{path}: {layer} may not include {name}"


def _cycles(graph):
    """Headers that include each other in a circle, found by depth-first search."""
    done = set()
    for start in sorted(graph):
        path, stack = [], [(start, iter(graph[start]))]
        if start in done:
            continue
        path.append(start)
        while stack:
            node, below = stack[-1]
            following = next((name for name in below if name in graph and name not in done), None)
            if following is None:
                stack.pop()
                done.add(path.pop())
            elif following in path:
                yield f"headers include each other: {' -> '.join(path[path.index(following):] + [following])}"
                done.add(following)
            else:
                path.append(following)
                stack.append((following, iter(graph[following])))


def check():
    graph = {}
    for path in find(ALL_FOLDERS, {".c", ".h", ".S"}):
        includes = INCLUDE.findall((ROOT / path).read_text(encoding="utf-8"))
        yield from _complaints_about(path, includes)
        graph[path.as_posix()] = [name for bracket, name in includes if bracket == '"']
    yield from _cycles(graph)
