"""Write a matplotlib figure as a small SVG: ``python -m bench.picture FILE.svg ...`` makes small those that are written."""

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HASHSALT = {"svg.hashsalt": "hotloop", "svg.fonttype": "none"}  # the same points, the same bytes; text as text, not as outlines


def save(figure: Any, path: Path) -> None:
    """Write the figure; an SVG without its date and made small."""
    import matplotlib

    with matplotlib.rc_context(HASHSALT):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    if path.suffix == ".svg":
        path.write_text(small(path.read_text()))


def small(svg: str) -> str:
    """Return the same picture in fewer bytes.

    Coordinates are rounded to a hundredth of a point, a style that comes often is a class, names are short. What draws nothing
    goes: metadata, comments, names that nothing refers to, and groups without a property.
    """
    svg = re.sub(r"<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"-?\d+\.\d{3,}", _rounded, svg)
    svg = re.sub(r'"[^"]*"', lambda value: re.sub(r"\s+", " ", value[0]).replace(' "', '"'), svg)  # paths of many lines
    used = dict.fromkeys(re.findall(r'(?:href="|url\()#([\w.-]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda name: name[0] if name[1] in used else "", svg)
    for n, name in enumerate(used):
        svg = re.sub(rf'(id="|#){name}(?=[")])', rf"\g<1>i{n}", svg)
    svg = re.sub(r"<g>|<g ([^>]*)>|</g>", _Groups(), svg)
    often = [style for style, count in Counter(re.findall(r'style="([^"]*)"', svg)).most_common() if count > 2]
    for n, style in enumerate(often):
        svg = svg.replace(f'style="{style}"', f'class="s{n}"')
    rules = "".join(f".s{n}{{{style}}}" for n, style in enumerate(often))
    svg = svg.replace("</style>", f"{rules}</style>", 1)
    return re.sub(r">\s+<", ">\n<", svg).strip() + "\n"


def _rounded(number: re.Match[str]) -> str:
    """Return a coordinate with two digits behind the point, a scale, below 1, with all that it has up to six."""
    value = float(number[0])
    return f"{value:.6f}".rstrip("0") if 0 < abs(value) < 1 else f"{value:.2f}".rstrip("0").rstrip(".")


class _Groups:
    """Take the tags of groups in their order; those without a property become nothing."""

    def __init__(self) -> None:
        self.kept: list[bool] = []

    def __call__(self, tag: re.Match[str]) -> str:
        if tag[0] == "</g>":
            return tag[0] if self.kept.pop() else ""
        self.kept.append(bool(tag[1]))
        return tag[0] if tag[1] else ""


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(small(Path(name).read_text()))
