"""The scripts, one for each step, in modules named by the steps' slugs."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from types import MappingProxyType

from lib.guide.scripted.scene import Script
from lib.guide.scripted.tables import reads_tables
from lib.workshop import steps


def _script(slug: str) -> Script:
    script: Script = import_module(f"{__name__}.{slug.replace('-', '_')}").SCRIPT
    return replace(script, questions=tuple(map(reads_tables, script.questions)))


#: Each step's script by slug.
SCRIPTS: Mapping[str, Script] = MappingProxyType({slug: _script(slug) for slug in steps.SLUGS})
