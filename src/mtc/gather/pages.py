"""The templates of the pages that people read."""

import functools
from pathlib import Path

import jinja2

from mtc.look import spans


def template(name: str) -> jinja2.Template:
    """A template of the folder beside this file."""
    return _environment().get_template(name)


@functools.cache
def _environment() -> jinja2.Environment:
    folder = Path(__file__).parent / "templates"
    found = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    found.filters["length_of_time"] = spans.text
    return found
