"""Where WebSockets are switched off, people read each other all the same."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.people import Town

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("services", [{"ENABLE_WEBSOCKET": "false"}], indirect=True)
async def test_without_websockets_they_read_each_other_and_the_line_is_quiet(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.writes("Slower, and nothing lost.")
    await bob.reads("Slower, and nothing lost.")
    await bob.writes("Heard.")
    await alice.reads("Heard.")
    await alice.sees_state("Slower, and nothing lost.", "delivered")
    for person in (alice, bob):
        await expect(person.page.get_by_role("status").filter(has_text="reconnecting")).to_have_count(0)
