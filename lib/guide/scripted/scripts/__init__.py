"""The ten scripts, one a step."""

from collections.abc import Mapping
from types import MappingProxyType

from lib.guide.scripted.scene import Script
from lib.guide.scripted.scripts import (
    challenge,
    concept,
    ideation,
    journey,
    persona,
    reframe,
    research,
    sense_making,
    stakeholders,
    validate,
)

#: Each step's script by slug.
SCRIPTS: Mapping[str, Script] = MappingProxyType(
    {
        module.SCRIPT.step: module.SCRIPT
        for module in (
            challenge,
            stakeholders,
            research,
            sense_making,
            persona,
            journey,
            reframe,
            ideation,
            concept,
            validate,
        )
    }
)
