/**
 * A server in memory for the tests of crypto/: it orders a log, hands out keys, and signs contributions as docs/api.md says.
 * It checks next to nothing, so that a test can make it lie.
 */

import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { hkdf, importAesKey, randomBytes, sha256, sha512, uuidv7 } from "../primitives/bytes";
import { fields, fromBase64url, LABEL, msToTime, SUITE, toBase64url, uuidBytes } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { decodeMlKemKey } from "../statements/certificates";
import { bodyHash, chainStart, nextChain } from "../statements/chain";
import { detachedSignature, encodeReceipt, type Subject } from "../statements/critical";
import type { CommitToSend } from "../types";
import type {
  Bytes,
  Id,
  WireAccountKeys,
  WireAck,
  WireCommit,
  WireConfig,
  WireContribution,
  WireContributionRequest,
  WireKeyPackages,
  WireLostState,
  WireNewDevice,
  WireOutgoing,
  WireReceipt,
  WireRegistration,
  WireRow,
  WireSession,
  WireMlKemKey,
  WireMlKemKeyTaken,
} from "../wire";

interface StoredAccount {
  keys: WireAccountKeys;
  registration: WireRegistration;
  packages: Map<Id, Bytes[]>;
}

export interface StoredConversation {
  session: WireSession;
  rows: WireRow[];
  generation: number;
  epoch: number;
  chain: Uint8Array;
  /** Key packages claimed, by founding device: the same ones when it asks again. */
  claims: Map<Id, WireKeyPackages>;
  /** Devices in the group, as commits said. */
  members: Map<Id, { userId: Id; tag: Bytes; joined: number }>;
  /** Sender tags, also of devices that were removed. */
  tags: Map<Id, Bytes>;
  /** Requests to be added, by device. */
  lost: Map<Id, WireLostState & { userId: Id }>;
}

export interface Sender {
  userId: Id;
  deviceId: Id;
}

export class EpochConflict extends Error {
  constructor(readonly missed: WireRow[]) {
    super("epoch_conflict");
  }
}

export class FakeService {
  readonly serverName = uuidv7();
  readonly accounts = new Map<Id, StoredAccount>();
  readonly conversations = new Map<Id, StoredConversation>();
  #notary: HybridSigner | undefined;
  #receipts: HybridSigner | undefined;

  async config(): Promise<WireConfig> {
    const { publicKey } = await this.notary();
    return {
      server_name: this.serverName,
      notary_keys: {
        establish: { number: 1, public_key: toBase64url(publicKey), suite: SUITE },
        receipt: { number: 1, public_key: toBase64url((await this.receipts()).publicKey), suite: SUITE },
      },
    };
  }

  async notary(): Promise<HybridSigner> {
    return (this.#notary ??= await newSigner());
  }

  /** The notary of purpose `receipt`. */
  async receipts(): Promise<HybridSigner> {
    return (this.#receipts ??= await newSigner());
  }

  /** A receipt as app_service gives it; `signer` is the notary unless it lies. */
  async receiptOf(subject: Subject, signer?: HybridSigner): Promise<WireReceipt> {
    const statement = encodeReceipt(subject, Date.now());
    const signature = await (signer ?? (await this.receipts())).sign(LABEL.receipt, await sha512(statement));
    return { statement: toBase64url(statement), signature: toBase64url(signature) };
  }

  /** Like `POST /api/message/send`. */
  async send(id: Id, sender: Sender, message: WireOutgoing): Promise<WireRow> {
    const content = fromBase64url(message.content);
    if (message.message_type === "secured") return this.append(id, sender, "message", message.client_id, content);
    const { signature_falcon, signature_ecdsa } = message;
    const ciphertext = await sha512(content);
    const subject = { conversation: id, clientId: message.client_id, deviceId: sender.deviceId, ciphertext };
    return this.append(id, sender, "message", message.client_id, content, undefined, {
      message_type: "critical",
      signature_falcon,
      signature_ecdsa,
      receipt: await this.receiptOf(subject),
    });
  }

  register(registration: WireRegistration): void {
    const { user_id, username, identity_public_key } = registration;
    const keys = { user_id, username, identity_public_key, lists: [], devices: [] };
    this.accounts.set(user_id, { keys, registration, packages: new Map() });
  }

  account(userId: Id): StoredAccount {
    const account = this.accounts.get(userId);
    if (account === undefined) throw new Error("no such account");
    return account;
  }

  keys(userId: Id, since = 0, replaced = false): WireAccountKeys {
    const { keys } = this.account(userId);
    const devices = replaced ? keys.devices : keys.devices.map((device) => ({ ...device, replaced_ml_kem: [] }));
    return structuredClone({ ...keys, devices, lists: keys.lists.filter(({ version }) => version > since) });
  }

  /** Like `POST /api/devices/ml-kem-keys`; whoever asks is known to be the device. */
  replaceMlKem({ userId, deviceId }: Sender, key: WireMlKemKey): WireMlKemKeyTaken {
    const device = this.account(userId).keys.devices.find(({ id }) => id === deviceId);
    if (device?.ml_kem == null) throw new Error("no such device");
    if (key.number > device.ml_kem.number) {
      device.replaced_ml_kem.push(device.ml_kem);
      device.ml_kem = key;
    }
    if (key.number !== device.ml_kem.number) throw new Error("ml_kem_key_exists");
    return { number: key.number, time: msToTime(Date.now()) };
  }

  addDevice(userId: Id, body: WireNewDevice): void {
    const { keys } = this.account(userId);
    keys.lists.push({ version: keys.lists.length + 1, statement: body.list, signature: body.list_signature });
    keys.devices.push({
      id: body.device_id,
      certificate: body.certificate,
      certificate_signature: body.certificate_signature,
      ml_kem: body.ml_kem,
      replaced_ml_kem: [],
    });
  }

  async open(user1: Id, user2: Id): Promise<StoredConversation> {
    const id = uuidv7();
    const chain = await chainStart(id, user1, this.serverName);
    const session: WireSession = {
      id,
      user1_id: user1,
      user2_id: user2,
      peer: { id: user2, username: "" },
      created_at: msToTime(Date.now()),
      state: "establishing",
      waiting_for: [],
      generation: 0,
      epoch: 0,
      seq: 0,
      chain_0: toBase64url(chain),
      members: [],
      lost: [],
      my_read_seq: 0,
      delivered: [],
      closed_by: null,
    };
    const conversation = {
      session,
      rows: [],
      generation: 0,
      epoch: 0,
      chain,
      claims: new Map(),
      members: new Map(),
      tags: new Map(),
      lost: new Map(),
    };
    this.conversations.set(id, conversation);
    return conversation;
  }

  conversation(id: Id): StoredConversation {
    const conversation = this.conversations.get(id);
    if (conversation === undefined) throw new Error("no such conversation");
    return conversation;
  }

  sessionFor(id: Id, userId: Id): WireSession {
    const { session, generation, epoch, rows, members, lost } = this.conversation(id);
    const peer = session.user1_id === userId ? session.user2_id : session.user1_id;
    return {
      ...session,
      peer: { id: peer, username: this.account(peer).keys.username },
      generation,
      epoch,
      seq: rows.length,
      members: [...members].map(([device_id, { userId: user_id, tag, joined }]) => ({
        user_id,
        device_id,
        sender_tag: tag,
        joined_seq: joined,
      })),
      lost: [...lost].map(([device_id, { userId: user_id, statement, signature }]) => ({
        user_id,
        device_id,
        statement,
        signature,
      })),
    };
  }

  /** Packages of those who asked and are not in the group. */
  claimForAdding(id: Id): WireKeyPackages {
    const { lost, members } = this.conversation(id);
    const outside = [...lost].filter(([deviceId]) => !members.has(deviceId));
    return {
      items: outside.map(([device_id, { userId: user_id, key_package }]) => ({ user_id, device_id, key_package })),
    };
  }

  claim(id: Id, claimer: Sender): WireKeyPackages {
    const { session, claims } = this.conversation(id);
    const known = claims.get(claimer.deviceId);
    if (known !== undefined) return known;
    const items = [session.user1_id, session.user2_id].flatMap((user_id) =>
      [...this.account(user_id).packages].flatMap(([device_id, packages]) => {
        if (device_id === claimer.deviceId) return [];
        const key_package = packages.shift();
        return key_package === undefined ? [] : [{ user_id, device_id, key_package }];
      }),
    );
    claims.set(claimer.deviceId, { items });
    return { items };
  }

  /** quantum_service's part: encapsulates to every recipient, signs the transcript. `ghosts` are recipients nobody asked for. */
  async establish(
    id: Id,
    request: WireContributionRequest,
    lie: { ghosts?: { deviceId: Id; key: Uint8Array }[]; swapKeyOf?: Id; receipt?: unknown } = {},
  ): Promise<WireContribution> {
    const nonce = fromBase64url(request.nonce);
    const secret = randomBytes(32);
    const recipients = request.recipients.map(({ device_id, number }) => ({
      deviceId: device_id,
      number,
      key: lie.swapKeyOf === device_id ? ml_kem768.keygen(randomBytes(64)).publicKey : this.mlKemKey(device_id, number),
    }));
    recipients.push(...(lie.ghosts ?? []).map((ghost) => ({ ...ghost, number: 1 })));
    recipients.sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
    const head = [uuidBytes(id), request.generation, request.epoch, nonce, request.purpose] as const;
    const entries = await Promise.all(
      recipients.map(async ({ deviceId, number, key }) => {
        const { cipherText, sharedSecret } = ml_kem768.encapsulate(key);
        const keyHash = await sha256(key);
        const context = fields(LABEL.establishWrap, ...head, uuidBytes(deviceId), keyHash);
        const wrappingKey = await importAesKey(await hkdf("SHA-256", sharedSecret, nonce, context));
        const parameters = {
          name: "AES-GCM",
          iv: new Uint8Array(12),
          additionalData: context as Uint8Array<ArrayBuffer>,
        };
        const wrapped = await crypto.subtle.encrypt(parameters, wrappingKey, secret as Uint8Array<ArrayBuffer>);
        return [uuidBytes(deviceId), number, keyHash, cipherText, new Uint8Array(wrapped)];
      }),
    );
    const receipt = JSON.stringify(lie.receipt ?? { sources: ["os"] });
    const transcript = fields(LABEL.establish, ...head, entries, receipt, Date.now());
    const signature = await (await this.notary()).sign(LABEL.establish, transcript);
    return { transcript: toBase64url(transcript), signature: toBase64url(signature) };
  }

  /** The newest of the device, or the one of that number. */
  mlKemKey(deviceId: Id, number?: number): Uint8Array {
    for (const { keys } of this.accounts.values()) {
      const device = keys.devices.find(({ id }) => id === deviceId);
      const all = device?.ml_kem == null ? [] : [device.ml_kem, ...device.replaced_ml_kem];
      const key = all.find((each) => number === undefined || each.number === number);
      if (key !== undefined) return decodeMlKemKey(fromBase64url(key.statement)).key;
    }
    throw new Error("no such device");
  }

  /** Like `POST …/commits`: the first commit of an epoch wins. */
  async commit(
    id: Id,
    sender: Sender,
    body: WireCommit,
    changes: { added?: Sender[]; removed?: Id[] } = {},
  ): Promise<WireAck> {
    const conversation = this.conversation(id);
    const again = conversation.rows.find((row) => row.client_id === body.client_id);
    if (again !== undefined) return ackOf(again);
    if (body.epoch !== conversation.epoch) throw new EpochConflict(this.rowsFor(id, sender, 0).slice(-1));
    const added = changes.added ?? (body.epoch === 0 ? this.#everybodyBut(id, sender) : []);
    for (const { userId, deviceId } of [sender, ...added]) this.#join(conversation, userId, deviceId);
    for (const { deviceId } of added) conversation.lost.delete(deviceId);
    for (const deviceId of changes.removed ?? []) conversation.members.delete(deviceId);
    const row = await this.append(id, sender, "commit", body.client_id, fromBase64url(body.commit), body.epoch);
    row.welcomes = body.welcomes;
    row.contribution = body.contribution;
    conversation.epoch += 1;
    conversation.session.state = "active";
    return ackOf(row);
  }

  /** Packages of every device but the claimer's: those that came with requests, else of the stock. */
  claimForGeneration(id: Id, claimer: Sender): WireKeyPackages {
    const { claims, lost } = this.conversation(id);
    claims.delete(claimer.deviceId);
    const { items } = this.claim(id, claimer);
    return {
      items: items.map((item) => ({ ...item, key_package: lost.get(item.device_id)?.key_package ?? item.key_package })),
    };
  }

  /** Like `POST …/generations`: statement and founding commit, whatever they say. */
  async begin(id: Id, sender: Sender, { request, opening }: CommitToSend): Promise<WireAck> {
    if (opening === null) throw new Error("nothing begins");
    const conversation = this.conversation(id);
    conversation.generation += 1;
    conversation.epoch = 0;
    const content = fields(fromBase64url(opening.statement), fromBase64url(opening.signature));
    await this.append(id, sender, "generation", opening.client_id, content, 0);
    const added = this.#everybodyBut(id, sender);
    conversation.members.clear();
    conversation.lost.clear();
    return this.commit(id, sender, request, { added });
  }

  #everybodyBut(id: Id, sender: Sender): Sender[] {
    return this.claim(id, sender).items.map((item) => ({ userId: item.user_id, deviceId: item.device_id }));
  }

  #join(conversation: StoredConversation, userId: Id, deviceId: Id): void {
    if (conversation.members.has(deviceId)) return;
    const joined = conversation.rows.length + 1;
    const tag = conversation.tags.get(deviceId) ?? toBase64url(randomBytes(16));
    conversation.tags.set(deviceId, tag);
    conversation.members.set(deviceId, { userId, tag, joined });
  }

  async append(
    id: Id,
    sender: Sender,
    kind: string,
    clientId: Id,
    content: Uint8Array,
    epoch = this.conversation(id).epoch,
    more: Partial<WireRow> = {},
  ): Promise<WireRow> {
    const conversation = this.conversation(id);
    const again = conversation.rows.find(
      (row) => row.client_id === clientId && row.sender_device_id === sender.deviceId,
    );
    if (again !== undefined) return again;
    return this.appendAgain(id, sender, kind, clientId, content, epoch, more);
  }

  /** Appends without looking whether the id was there before. */
  async appendAgain(
    id: Id,
    sender: Sender,
    kind: string,
    clientId: Id,
    content: Uint8Array,
    epoch = this.conversation(id).epoch,
    more: Partial<WireRow> = {},
  ): Promise<WireRow> {
    const conversation = this.conversation(id);
    const tag = conversation.members.get(sender.deviceId)?.tag ?? toBase64url(randomBytes(16));
    const row: WireRow = {
      seq: conversation.rows.length + 1,
      conversation_id: id,
      generation: conversation.generation,
      epoch,
      kind,
      sender_id: sender.userId,
      sender_device_id: sender.deviceId,
      sender_tag: tag,
      client_id: clientId,
      timestamp: msToTime(Date.now()),
      body_hash: "",
      previous_chain: toBase64url(conversation.chain),
      chain: "",
      content: toBase64url(content),
      welcomes: null,
      contribution: null,
      ...more,
    };
    row.body_hash = toBase64url(await bodyHash(content, detachedSignature(row)));
    conversation.rows.push(row);
    await this.rechain(id, row.seq);
    return row;
  }

  /** Recomputes the chain from a row on, as a server that rewrites its log would. */
  async rechain(id: Id, from: number): Promise<void> {
    const conversation = this.conversation(id);
    let chain =
      from === 1
        ? fromBase64url(conversation.session.chain_0)
        : fromBase64url(conversation.rows[from - 2]?.chain ?? "");
    for (const [at, row] of conversation.rows.entries()) {
      if (at < from - 1) continue;
      row.seq = at + 1;
      row.previous_chain = toBase64url(chain);
      chain = await nextChain(chain, {
        ...row,
        senderTag: fromBase64url(row.sender_tag),
        clientId: row.client_id,
        timeMs: Date.parse(row.timestamp),
        bodyHash: fromBase64url(row.body_hash),
      });
      row.chain = toBase64url(chain);
    }
    conversation.chain = chain;
  }

  /** What this device may see: a commit that added it as welcomes, rows before that as chain fields only. */
  rowsFor(id: Id, { deviceId }: Sender, after: number): WireRow[] {
    const { rows, members } = this.conversation(id);
    const joined = members.get(deviceId)?.joined ?? Infinity;
    return structuredClone(rows.filter(({ seq }) => seq > after)).map((row) => {
      if (row.kind === "generation") return row;
      const founder = row.sender_device_id === deviceId;
      const welcome = row.seq === joined && !founder;
      const visible = row.seq > joined || (row.seq === joined && founder);
      return { ...row, content: visible ? row.content : null, welcomes: welcome ? (row.welcomes ?? null) : null };
    });
  }
}

export function ackOf(row: WireRow): WireAck {
  const { client_id, seq, previous_chain, chain, timestamp, generation, epoch, receipt } = row;
  return { client_id, seq, previous_chain, chain, time: timestamp, generation, epoch, receipt: receipt ?? null };
}

async function newSigner(): Promise<HybridSigner> {
  const pair = await hybridKeyPair(false);
  return new HybridSigner(pair.publicKey, pair.secret);
}
