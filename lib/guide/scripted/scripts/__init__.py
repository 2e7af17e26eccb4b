"""The scripts, one for each step, in modules named by the steps' slugs."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from lib.guide.scripted.scene import Script
from lib.workshop import steps

#: Each step's script by slug.
SCRIPTS: Mapping[str, Script] = MappingProxyType(
    {slug: import_module(f"{__name__}.{slug.replace('-', '_')}").SCRIPT for slug in steps.SLUGS}
)
