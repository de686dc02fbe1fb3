import "fake-indexeddb/auto";
import emojilib from "emojilib";
import { expect, test } from "vitest";
import { established, twoPeople } from "../testing/browser";
import { isEmoji } from "./content";

test("P10.3 whatever the picker offers may be a reaction", () => {
  expect(Object.keys(emojilib).filter((emoji) => !isEmoji(emoji))).toEqual([]);
});

test("emoji that were picked are remembered, newest first, each once, and only so many", async () => {
  const { alice } = await established(await twoPeople());
  expect(await alice.api.recentEmoji()).toEqual([]);
  const all = Object.keys(emojilib).slice(0, 30);
  for (const emoji of [...all, all[28]!, "no emoji"]) await alice.api.rememberEmoji(emoji);
  const kept = await alice.api.recentEmoji();
  expect(kept.slice(0, 3)).toEqual([all[28], all[29], all[27]]);
  expect(kept).toHaveLength(21);
});
