/**
 * The JSON of app_service as far as crypto/ reads or makes it (docs/api.md).
 *
 * Structural on purpose: the types generated from OpenAPI are passed in as they are, and the compiler says when they
 * no longer fit. `Bytes` is base64url without padding, `Id` a UUIDv7 string, `Time` RFC 3339 UTC with milliseconds.
 */

export type Bytes = string;
export type Id = string;
export type Time = string;

/** `GET /api/config`, the part that is pinned. */
export interface WireNotaryKey {
  number: number;
  public_key: Bytes;
  suite: string;
}

export interface WireConfig {
  server_name: string;
  notary_keys: { establish?: WireNotaryKey | null; receipt?: WireNotaryKey | null };
}

/** `GET /api/login/parameters`. */
export interface WireLoginParameters {
  algorithm: string;
  memory_kib: number;
  iterations: number;
  parallelism: number;
  salt: Bytes;
  server_name: string;
}

/** A wrapped vault key, with the vault version at which it was wrapped. */
export interface WireWrap {
  version: number;
  sealed: Bytes;
}

/** `GET /api/vault`. */
export interface WireVault {
  version: number;
  vault: Bytes;
  wraps: { password: WireWrap; recovery: WireWrap };
}

/** The key material that a browser sends when it makes an account. */
export interface WireNewVault {
  identity_public_key: Bytes;
  recovery_auth_secret: Bytes;
  vault: Bytes;
  /** Made with the vault's first version. */
  wraps: { password: Bytes; recovery: Bytes };
}

/** Body of `POST /api/register` (the caller may add `token_transport`). */
export interface WireRegistration extends WireNewVault {
  username: string;
  email: string;
  auth_secret: Bytes;
  salt: Bytes;
  user_id: Id;
}

/** Body of `PUT /api/vault` with `If-None-Match: *`. Salt and new secret only with a new password. */
export interface WireVaultCompletion extends WireNewVault {
  auth_secret: Bytes;
  salt?: Bytes;
  new_auth_secret?: Bytes;
}

/** Body of `PUT /api/users/me/password`; without `auth_secret` under a recovery token. */
export interface WirePasswordChange {
  auth_secret?: Bytes;
  salt: Bytes;
  new_auth_secret: Bytes;
  vault: Bytes;
  wrap: Bytes;
}

/** Body of `PUT /api/users/me/recovery-code`. */
export interface WireRecoveryCodeChange {
  auth_secret: Bytes;
  recovery_auth_secret: Bytes;
  vault: Bytes;
  wrap: Bytes;
}

/** `GET, PUT /api/pins`. */
export interface WirePins {
  version: number;
  sealed: Bytes;
}

export interface WireMlKemKey {
  number: number;
  statement: Bytes;
  signature: Bytes;
}

/** Answer of `POST /api/devices/ml-kem-keys`. */
export interface WireMlKemKeyTaken {
  number: number;
  time: Time;
}

export interface WireDeviceList {
  version: number;
  statement: Bytes;
  signature: Bytes;
}

/** `GET /api/users/{id}/keys?since=&replaced=`. */
export interface WireAccountKeys {
  user_id: Id;
  username: string;
  identity_public_key: Bytes | null;
  lists: WireDeviceList[];
  devices: {
    id: Id;
    certificate: Bytes;
    certificate_signature: Bytes;
    ml_kem: WireMlKemKey | null;
    /** Those before it, when they were asked for. */
    replaced_ml_kem: WireMlKemKey[];
  }[];
}

/** Body of `POST /api/devices`. */
export interface WireNewDevice {
  device_id: Id;
  certificate: Bytes;
  certificate_signature: Bytes;
  list: Bytes;
  list_signature: Bytes;
  ml_kem: WireMlKemKey;
  challenge: string;
  challenge_signature: Bytes;
}

/** Body of `DELETE /api/devices/{id}`. */
export interface WireRevocation {
  list: Bytes;
  list_signature: Bytes;
}

/** What the server says of a conversation of either kind, the part that crypto/ judges. */
export interface WireLog {
  id: Id;
  created_at: Time;
  state: string;
  generation: number;
  epoch: number;
  seq: number;
  chain_0: Bytes;
  members: { user_id: Id; device_id: Id; sender_tag: Bytes; joined_seq: number }[];
  lost: { user_id: Id; device_id: Id; statement: Bytes; signature: Bytes }[];
  my_read_seq: number;
  delivered: { user_id: Id; seq: number }[];
}

export interface WireSession extends WireLog {
  user1_id: Id;
  user2_id: Id;
  peer: { id: Id; username: string };
  waiting_for: Id[];
  closed_by: string | null;
}

export interface WireRoom extends WireLog {
  creator_id: Id;
  people: { id: Id; username: string }[];
  /** Who waits to be let in, for those who may do it. */
  joining: { user_id: Id; username: string; created_at: Time }[];
  /** This account is not in it any more. */
  left: boolean;
}

/** What an invitation link leads to (`GET /api/rooms/join/{code}`). */
export interface WireLink {
  room_id: Id;
  link_id: Id;
  generation: number;
  public_key: Bytes;
  sealed_key: Bytes;
  inviter: { id: Id; username: string };
}

/** What `POST /api/rooms/join/{code}` takes. */
export interface WireJoin {
  statement: Bytes;
  signature: Bytes;
  key_package: Bytes;
}

/** `GET /api/rooms/{id}/requests`. */
export interface WireJoinRequests {
  items: (WireJoin & { user_id: Id; device_id: Id })[];
}

/** What `POST /api/rooms/{id}/links` takes. */
export interface WireNewLink {
  link_id: Id;
  sealed_key: Bytes;
}

/** What `POST /api/rooms/{id}/leave` and `DELETE /api/rooms/{id}` take. */
export interface WireLastWord {
  client_id: Id;
  epoch: number;
  message: Bytes;
}

/** An item of `GET /api/connection/pending`. */
/** The account keys that a connection request or answer names as seen. */
export interface WireSeenKeys {
  own_key_hash: Bytes | null;
  peer_key_hash: Bytes | null;
}

/** With the keys that the other side named: `own` is the reader's, as the other side was shown it. */
export interface WireConnection extends WireSeenKeys {
  peer: { id: Id; username: string };
}

export interface WireConnectionRequest extends WireConnection {
  id: Id;
  direction: string;
}

/** The notary's signed word on a critical message. */
export interface WireReceipt {
  statement: Bytes;
  signature: Bytes;
}

/** What a draw of the quantum service is signed with. */
export interface WireDraw {
  statement: Bytes;
  signature: Bytes;
}

export interface WireContribution {
  transcript: Bytes;
  signature: Bytes;
}

/** A row of a conversation's log. */
export interface WireRow {
  seq: number;
  conversation_id: Id;
  generation: number;
  epoch: number;
  kind: string;
  sender_id: Id;
  sender_device_id: Id;
  sender_tag: Bytes;
  client_id: Id;
  timestamp: Time;
  body_hash: Bytes;
  previous_chain: Bytes;
  chain: Bytes;
  content: Bytes | null;
  message_type?: string | null;
  signature_falcon?: Bytes | null;
  signature_ecdsa?: Bytes | null;
  receipt?: WireReceipt | null;
  welcomes?: Bytes[] | null;
  contribution?: WireContribution | null;
}

/** The answer to a message or a commit. */
export interface WireAck {
  client_id: Id;
  seq: number;
  previous_chain: Bytes;
  chain: Bytes;
  time: Time;
  generation: number;
  epoch: number;
  receipt?: WireReceipt | null;
}

/** Body of `POST /api/conversations/{id}/generations`, but for `founding`, which is the commit. */
export interface WireOpening {
  client_id: Id;
  statement: Bytes;
  signature: Bytes;
}

/** Body of `POST /api/conversations/{id}/lost-state`. */
export interface WireLostState {
  statement: Bytes;
  signature: Bytes;
  key_package: Bytes;
}

/** Answer of `POST /api/conversations/{id}/key-packages`. */
export interface WireKeyPackages {
  items: { user_id: Id; device_id: Id; key_package: Bytes }[];
}

/** Body of `POST /api/conversations/{id}/contributions`. */
export interface WireContributionRequest {
  recipients: { device_id: Id; number: number }[];
  nonce: Bytes;
  generation: number;
  epoch: number;
  purpose: "found" | "rotate";
  /** `hardware`: refused (503) while no quantum device has randomness ready. */
  require?: "any" | "hardware";
}

/** Body of `POST /api/conversations/{id}/commits`. */
export interface WireCommit {
  client_id: Id;
  generation: number;
  epoch: number;
  commit: Bytes;
  welcomes: Bytes[];
  contribution: WireContribution | null;
}

/** A message as `message_send` and `POST /api/message/send` take it. */
export type WireOutgoing = {
  conversation_id: Id;
  client_id: Id;
  content: Bytes;
  /** Files that it speaks of: the server keeps them from then on. */
  attachments?: Id[];
} & ({ message_type: "secured" } | { message_type: "critical"; signature_falcon: Bytes; signature_ecdsa: Bytes });

/** What `POST /api/session/terminate` takes. */
export interface WireTermination {
  session_id: Id;
  client_id: Id;
  epoch: number;
  message: Bytes;
}
