/** Who writes just now: said now and then, heard for a while, and nothing of it when the switch is off. */
import { expect, test } from "vitest";
import { TestClock } from "../testing/clock";
import { type Change, changes } from "./changes";
import type { Context } from "./context";
import type { ClientFrame } from "./frames";
import { AGAIN_MS, GONE_MS, Typing } from "./typing";

const SELF = "self";
const HERE = "conversation";

function begin() {
  const clock = new TestClock();
  const sent: ClientFrame[] = [];
  const published: Change[] = [];
  const context = {
    userId: SELF,
    environment: { clock },
    publish: (change: Change) => published.push(change),
  } as unknown as Context;
  const allowed = { now: true };
  const typing = new Typing(context, { allowed: () => allowed.now, send: (frame) => sent.push(frame) });
  const heard = (user_id: string, type: "typing_start" | "typing_stop" = "typing_start") =>
    typing.take({ type, conversation_id: HERE, user_id });
  const writing = () => {
    const last = published.at(-1);
    return last !== undefined && changes.typing.match(last) ? last.payload.people : [];
  };
  return { clock, sent, allowed, typing, heard, writing, published };
}

test("it is said at once, again after a while, and at its end; never with what is written", () => {
  const { clock, sent, typing } = begin();
  const start = { type: "typing_start", conversation_id: HERE };
  typing.say(HERE, true);
  typing.say(HERE, true);
  expect(sent).toEqual([start]);
  clock.advance(AGAIN_MS);
  typing.say(HERE, true);
  expect(sent).toEqual([start, start]);
  typing.say(HERE, false);
  typing.say(HERE, false);
  expect(sent).toEqual([start, start, { type: "typing_stop", conversation_id: HERE }]);
});

test("a clock that is set back does not silence it", () => {
  const { clock, sent, typing } = begin();
  typing.say(HERE, true);
  clock.shift(-60_000);
  typing.say(HERE, true);
  expect(sent).toHaveLength(2);
});

test("who writes is shown until they stop, their message comes, or nothing more is heard", () => {
  const { clock, typing, heard, writing } = begin();
  heard("bob");
  heard("carol");
  heard(SELF);
  expect(writing()).toEqual(["bob", "carol"]);
  heard("bob", "typing_stop");
  expect(writing()).toEqual(["carol"]);
  clock.advance(GONE_MS - 1);
  heard("carol");
  clock.advance(GONE_MS - 1);
  expect(writing()).toEqual(["carol"]);
  clock.advance(1);
  expect(writing()).toEqual([]);
  heard("bob");
  typing.stopped(HERE, "bob");
  expect(writing()).toEqual([]);
});

test("switched off, nothing is said and nothing is heard", () => {
  const { sent, allowed, typing, heard, writing, published } = begin();
  heard("bob");
  allowed.now = false;
  typing.forget();
  expect(writing()).toEqual([]);
  const before = published.length;
  heard("bob");
  typing.say(HERE, true);
  typing.say(HERE, false);
  expect(published).toHaveLength(before);
  expect(sent).toEqual([]);
});
