"""A model that runs on the server's own machine."""

from dataclasses import dataclass
from types import MappingProxyType

#: The programs that run models on one's own machine, by the key that is stored.
PROGRAMS = MappingProxyType({"ollama": "Ollama", "lm-studio": "LM Studio"})

#: Characters of a model's name.
MAX_MODEL = 100


@dataclass(frozen=True)
class LocalGuide:
    """A model on this machine, and the program that runs it."""

    #: A key of PROGRAMS: no address is stored, so that none can be changed.
    program: str
    model: str

    @property
    def name(self) -> str:
        """What a facilitator reads, such as "llama3.2 on this computer (Ollama)"."""
        return f"{self.model} on this computer ({PROGRAMS[self.program]})"


def is_usable(program: object, model: object) -> bool:
    """Whether *program* is one we know and *model* a name that can be shown on a button."""
    return (
        isinstance(model, str)
        and program in PROGRAMS
        and 0 < len(model) <= MAX_MODEL
        and model.isprintable()
        and model == model.strip()
    )
