/**
 * What the members of a group agree beside their keys: extension 0xF0A1 of its GroupContext (PROTOCOL.md 10.1, 10.3).
 *
 * Of a room it is the room's state (roomState.ts), always there. Of a session it is there since somebody set a time after
 * which messages disappear; the commit that sets it says the same in its authenticated data.
 *
 *   state of a session: fields(session-state/v1, timer (seconds, 0: never))
 */

import { equalBytes, sha256 } from "../primitives/bytes";
import { fields, LABEL, MalformedEncoding, Reader } from "../primitives/encoding";
import { decodeRoomState, encodeRoomState, MAX_TIMER, roomHash, type RoomState } from "./roomState";

export interface SessionState {
  timer: number;
}

export type SharedState = RoomState | SessionState;

export const isRoom = (state: SharedState): state is RoomState => "policy" in state;

export const roomIn = (state: SharedState | null): RoomState | null => (state !== null && isRoom(state) ? state : null);

/** The time that a session's state sets; without a state there is none. */
export const timerIn = (state: SharedState | null): number => (state === null || isRoom(state) ? 0 : state.timer);

const PREFIX = fields(LABEL.sessionState);

/** Whether these bytes are to be read as the state of a session, and not as anything of a room. */
export const isSessionState = (bytes: Uint8Array): boolean => equalBytes(bytes.subarray(0, PREFIX.length), PREFIX);

export const encodeSessionState = ({ timer }: SessionState): Uint8Array => fields(LABEL.sessionState, timer);

/** Throws `MalformedEncoding`, as all that decode here. */
export function decodeSessionState(bytes: Uint8Array): SessionState {
  const reader = new Reader(bytes);
  reader.label(LABEL.sessionState);
  const timer = reader.number();
  reader.end();
  if (timer >= MAX_TIMER) throw new MalformedEncoding("not a time after which messages disappear");
  return { timer };
}

export const encodeSharedState = (state: SharedState): Uint8Array =>
  isRoom(state) ? encodeRoomState(state) : encodeSessionState(state);

export const decodeSharedState = (bytes: Uint8Array): SharedState =>
  isSessionState(bytes) ? decodeSessionState(bytes) : decodeRoomState(bytes);

/** What the statement of a later generation says of what goes on (PROTOCOL.md 9.3); null: a session without a time. */
export async function stateHash(state: SharedState | null): Promise<Uint8Array | null> {
  if (state === null) return null;
  return isRoom(state) ? roomHash(state) : sha256(encodeSessionState(state));
}

/** Whether two such hashes are the same. */
export const sameState = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : equalBytes(a, b);

/** As a later generation takes a session over. */
export const sessionOf = (timer: number): SessionState | null => (timer === 0 ? null : { timer });
