"""What a page weighs with everything that a browser loads for it."""

import gzip
import re

from bench.house import House

_LOADED = re.compile(r"""(?:href|src)="(/static/[^"#]+)""")
_IN_STYLES = re.compile(rb"""url\(["']?(?!["']?(?:data:|#))([^"')]+)""")


def weigh(house: House, path: str) -> dict[str, int]:
    """Return the bytes of a page and of each file that it loads, by gzip, and their sum."""
    page = house.get(path)
    weights = {"page": _pack(page)}
    for url in sorted(set(_LOADED.findall(page.decode()))):
        content = house.get(url)
        name = url.rpartition("/")[2]
        if name.endswith(".css") and (more := _IN_STYLES.search(content)):
            raise RuntimeError(f"{name} loads {more[1]!r}, which is not weighed.")
        weights[name] = _pack(content)
    return {**weights, "total": sum(weights.values())}


def _pack(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=6, mtime=0))
