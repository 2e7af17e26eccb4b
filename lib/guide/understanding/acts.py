"""What a team's message does, and what a question of the guide asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What kind of message it is."""

    #: Content: it answers a question, or chooses.
    ANSWER = "answer"
    #: There is nothing, or nothing more, to add.
    DECLINE = "decline"
    #: What the guide has shown is right.
    APPROVE = "approve"
    #: A question to the guide.
    QUESTION = "question"
    #: Asks the guide for a suggestion, or does not know.
    HELP = "help"
    #: Changes what stands in the draft, or something the team wrote.
    CORRECTION = "correction"
    #: Anything else: side talk, jokes, quarrels, greetings.
    TALK = "talk"


class Expects(StrEnum):
    """What the open question asks for."""

    #: A sentence or more.
    TEXT = "text"
    #: People, groups or organisations.
    NAMES = "names"
    #: Several short entries.
    LIST = "list"
    #: Which of the things shown.
    CHOICE = "choice"
    #: Ratings or quantities.
    NUMBERS = "numbers"
    #: What somebody said, and who.
    QUOTES = "quotes"
    #: Whether the draft is right as it stands.
    APPROVAL = "approval"


@dataclass(frozen=True)
class Understood:
    """What a message does, and how sure that is."""

    act: Act
    #: Probability of `act` minus that of the second best, from 0 to 1.
    margin: float
    #: The probability of each act; they add up to 1.
    scores: Mapping[Act, float]
