/** What is kept of rows, at its edges: what is not there, not of this row, or was never counted. */

import { expect, test } from "vitest";
import type { UnitOfWork } from "../store/storage";
import type { SystemEntry } from "../types";
import type { WireRow } from "../wire";
import { openGap, shrinkGap } from "./missedRows";
import { chainAt, type ConversationRecord, wasThere } from "./record";
import { findSent, forgetSent, keepSent } from "./sentRows";

const ID = "01890000-0000-7000-8000-000000000001";
const disclosure = { k: new Uint8Array(32), type: "secured" as const, json: "{}" };
const row = { conversation_id: ID, seq: 7, client_id: ID, sender_device_id: ID, timestamp: "", body_hash: "AAAA" };
const body = { content: "AAAA", signature_falcon: null, signature_ecdsa: null, receipt: null };

function unit(): UnitOfWork {
  const kept = new Map<string, unknown>();
  const get = (name: string) => Promise.resolve(kept.get(name));
  return { get, put: kept.set.bind(kept), delete: kept.delete.bind(kept) } as unknown as UnitOfWork;
}

const record = (more: object) => ({ id: ID, entry: { seq: 3, index: 0 }, last: null, ...more }) as ConversationRecord;

test("P9.4 words are kept without a body that is not of their row", async () => {
  const store = unit();
  await keepSent(store, row as WireRow, { about: { kind: "text" }, disclosure, expiresAt: null }, [body]);
  expect(await findSent(store, ID, 7)).toMatchObject({ said: { json: "{}", body: null } });
  await forgetSent(store, ID, null);
  await forgetSent(store, ID, 8);
  expect(await findSent(store, ID, 7)).toMatchObject({ said: { json: "{}" } });
  await forgetSent(store, ID, 7);
  expect(await findSent(store, ID, 7)).toMatchObject({ said: null });
});

test("P9.4 an edit of a message that is not here is not kept to be sent again", async () => {
  const store = unit();
  const about = { kind: "edit" as const, target: { deviceId: ID, clientId: ID, hash: "AAAA" } };
  await keepSent(store, row as WireRow, { about, disclosure, expiresAt: null }, [body]);
  expect(await findSent(store, ID, 7)).toMatchObject({ said: null });
});

test("P9.4 the line of a gap counts down to nothing, and others are left alone", async () => {
  const store = unit();
  const line = { kind: "system", key: "line", missed: 1 } as SystemEntry;
  const gap = record({ last: line });
  expect(await shrinkGap(store, gap, 2)).toBeNull();
  openGap(gap, null);
  expect(await shrinkGap(store, gap, 2)).toBeNull();
  openGap(gap, "line");
  expect(await shrinkGap(store, gap, 2)).toBeNull();
  store.put("line", line);
  expect(await shrinkGap(store, gap, 4)).toBeNull();
  expect(await shrinkGap(store, gap, 2)).toMatchObject({ missed: 0 });
  expect(gap.last).toMatchObject({ missed: 0 });
  expect(await shrinkGap(store, gap, 2)).toBeNull();
});

test("nothing is known of rows that were never read, nor of people who were never there", async () => {
  const known = record({ chain0: "AAAA", room: { since: { [ID]: 3 } } });
  expect(await chainAt(unit(), known, 0)).toEqual(new Uint8Array(3));
  expect(await chainAt(unit(), known, 9)).toBeUndefined();
  expect([wasThere(known, ID, 4), wasThere(known, ID, 3), wasThere(known, "somebody else", 9)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(wasThere(record({ room: {} }), ID, 9)).toBe(false);
  expect(wasThere(record({ room: null }), ID, 1)).toBe(true);
});
