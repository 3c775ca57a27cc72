"""Conversations of drivers with agents, replayed on every surface: the same answers, and the same remains."""

from typing import Any

import pytest

from gate import surfaces
from gate.client import Client
from gate.conversations import Call, Conversation, effects, play, recorded
from gate.figures import Figures

CONVERSATIONS = {conversation.title: conversation for conversation in recorded()}


def replayed(client: Client, conversation: Conversation, surface: str) -> dict[str, Any]:
    """Replay a conversation in a sandbox of its own, and return what remains there."""
    sandbox = client.call("createSandbox", json={}).json()["sandbox"]
    # Whoever gives money back has to be the lot's operator, and an agent's call is one with any key.
    key = sandbox["operator_key"]
    play(conversation, surfaces.surface(surface, client, key), client=client, key=key)
    return effects(client, operator_key=key, lots=list(conversation.effects["free_in_lot"]))


@pytest.mark.parametrize("title", CONVERSATIONS)
def test_a_conversation_leaves_the_same_behind_on_every_surface(
    client: Client, figures: Figures, title: str
) -> None:
    conversation = CONVERSATIONS[title]
    left = {surface: replayed(client, conversation, surface) for surface in surfaces.NAMES}
    first = left[surfaces.NAMES[0]]
    assert {name: first[name] for name in conversation.effects} == conversation.effects
    assert [surface for surface in left if left[surface] != first] == [], left
    calls = sum(isinstance(step, Call) for step in conversation.steps)
    figures.say(f"replayed: {title}", f"{calls} calls on {len(left)} surfaces leave the same behind")
