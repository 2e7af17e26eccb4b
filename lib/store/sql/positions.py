"""Positions of new messages: after the last one of a step's transcript, each id once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from lib.store import permits
from lib.store.errors import NotFound
from lib.store.sql import rights, rows
from lib.store.sql.rows import in_step
from lib.store.sql.schema import messages, steps
from lib.workshop.records import StepKey
from lib.workshop.rights import Facts, Permit, TeamPermit
from lib.workshop.transcript import Message, Role


def locked_era(connection: Connection, key: StepKey) -> int:
    """Lock the step against new messages and a reset until the transaction ends; return its era."""
    era = lock(connection, key)
    if era is None:
        raise NotFound("There is no such step.")
    return era


def lock(connection: Connection, key: StepKey) -> int | None:
    """As `locked_era`; returns None if there is no such step."""
    row = select(steps.c.era).where(in_step(steps, key)).with_for_update(key_share=True)
    era = connection.scalar(row)
    return None if era is None else int(era)


def locked(connection: Connection, key: StepKey) -> tuple[Permit | None, Facts]:
    """
    As `locked_era`, for a writer that may hold a permit; return the permit and its facts.

    One query reads both. Raises AccessRefused and NotFound if there is no such step.
    """
    permit = permits.current()
    if not isinstance(permit, TeamPermit) or permit.step != key.step or permit.team != key.team:
        rights.check(connection)
        return None, Facts(era=locked_era(connection, key))
    facts = rights.facts(connection, permit, locked=True)
    if facts is None:
        permits.check(permit, None)
        raise AssertionError("unreachable")
    return permit, facts


def live_era(key: StepKey) -> Any:
    """Return the condition that a message is of the current era."""
    era = select(steps.c.era).where(in_step(steps, key)).scalar_subquery()
    return messages.c.era == era


def known_of(
    connection: Connection, key: StepKey, given: Sequence[Message]
) -> dict[str, tuple[int, datetime]]:
    """Return the places (see `place_of`) of the *given* messages that are stored, by id."""
    found = select(messages.c.id, rows.PLACE, messages.c.created_at).where(
        messages.c.workshop_id == key.workshop_id,
        messages.c.id.in_([message.id for message in given]),
    )
    return {row.id: (row.position, row.created_at) for row in connection.execute(found)}


def place_of(message: Message) -> tuple[int, datetime]:
    """Return what distinguishes a message's place from that of another with the same id."""
    return message.position, message.created_at


def end_of(connection: Connection, key: StepKey, era: int) -> tuple[int, Role | None]:
    """Return the last position in a step's era and that message's role; 0 and None if empty."""
    last = select(rows.PLACE, messages.c.role).where(in_step(messages, key), messages.c.era == era)
    row = connection.execute(last.order_by(rows.PLACE.desc()).limit(1)).first()
    return (row[0], Role(row[1])) if row else (0, None)


def behind(
    end: tuple[int, Role | None],
    era: int,
    given: Sequence[Message],
    known: dict[str, Any],
    reply: Message | None,
) -> list[Message]:
    """Return the new messages of *given*, the first of each id, at positions after *end*."""
    place, speaker = end
    new: dict[str, Message] = {}
    for message in given:
        overtaken = message is reply and speaker is Role.ASSISTANT and not reply.anew
        if message.id not in known and message.id not in new and not overtaken:
            new[message.id] = replace(message, position=place + len(new) + 1, era=era)
            speaker = message.role
    return list(new.values())
