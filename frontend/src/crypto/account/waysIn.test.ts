/** Password change, recovery and a new code, as far as the browser decides them (PROTOCOL.md 2.1, 2.4, 2.5). */
import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { failureCode } from "../failures";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { createCrypto } from "../protocol";
import { Browser, parametersOf, PASSWORD, vaultOf } from "../testing/browser";
import { FakeService } from "../testing/fakeService";
import type { WirePasswordChange, WireVault } from "../wire";
import { newRecoveryCode, recoveryCodeBits, recoveryCodeState, recoveryCodeText } from "./passwords";

const BETTER = "seven quiet lanterns";
const service = new FakeService();
const { serverName } = service;
let browsers = 0;
const browser = () => createCrypto(`ways-${++browsers}`);

const refusal = async (call: Promise<unknown>) => call.then(() => "none", failureCode);

/** Somebody who has just registered, with the printed code. */
async function registered(username: string) {
  const { request, recoveryCode } = await browser().newAccount({
    username,
    email: `${username}@example.com`,
    password: PASSWORD,
    serverName,
  });
  service.register(request);
  const served = { userId: request.user_id, vault: vaultOf(request), identityPublicKey: request.identity_public_key };
  return { username, request, recoveryCode, served, parameters: parametersOf(service, request.user_id) };
}

/** What the server shows after it took the change. */
function after(vault: WireVault, kind: "password" | "recovery", change: { vault: string; wrap: string }): WireVault {
  const version = vault.version + 1;
  return { version, vault: change.vault, wraps: { ...vault.wraps, [kind]: { version, sealed: change.wrap } } };
}

async function signingIn(person: Awaited<ReturnType<typeof registered>>, password: string, salt?: string) {
  const api = browser();
  const parameters = { ...person.parameters, ...(salt === undefined ? {} : { salt }) };
  const { auth_secret } = await api.signInSecret({ username: person.username, password, parameters });
  return { api, auth_secret };
}

async function opens(person: Awaited<ReturnType<typeof registered>>, vault: WireVault, change: WirePasswordChange) {
  const { api, auth_secret } = await signingIn(person, BETTER, change.salt);
  expect(auth_secret).toBe(change.new_auth_secret);
  await api.unlock({ ...person.served, vault });
  expect((await api.open(person.served.userId)).keyHash).not.toBe("");
}

test("P2.4 a code is judged while it is typed, whatever its case, dashes, spaces, O for 0 and I for 1", async () => {
  // Always the same one: one random slip in 65,536 would fit its checksum.
  const bits = Uint8Array.from({ length: 20 }, (_, at) => (at * 37 + 11) % 256);
  const code = await recoveryCodeText(bits);
  const forms = [code.toLowerCase(), code.replaceAll("-", " "), code.replaceAll("0", "O").replaceAll("1", "l")];
  for (const typed of [code, ...forms, ` ${code}\n`]) {
    expect(await recoveryCodeState(typed)).toBe("right");
    expect(await recoveryCodeBits(typed)).toEqual(bits);
  }
  for (const typed of ["", code.slice(0, 9), code.slice(0, -1)]) {
    expect(await recoveryCodeState(typed)).toBe("incomplete");
  }
  const digits = code.replaceAll("-", "");
  for (let at = 0; at < digits.length; at++) {
    const slip = digits.slice(0, at) + (digits[at] === "7" ? "8" : "7") + digits.slice(at + 1);
    expect(await recoveryCodeState(slip)).toBe("wrong");
  }
  expect(await recoveryCodeState(`${code}7`)).toBe("wrong");
  expect(await recoveryCodeState(code.replace(/^./u, "U"))).toBe("wrong");
});

test("P2.5 a change wraps the same vault key: the new password opens it, the old one and the old wrap do not", async () => {
  const person = await registered("change");
  const { api, auth_secret } = await signingIn(person, PASSWORD);
  const change = await api.changePassword({ ...person.served, newPassword: BETTER });
  expect(change.auth_secret).toBe(auth_secret);
  expect(change.salt).not.toBe(person.request.salt);
  expect(JSON.stringify(change)).not.toContain(BETTER);
  const vault = after(person.served.vault, "password", change);
  await opens(person, vault, change);

  const old = await signingIn(person, PASSWORD);
  expect(await refusal(old.api.unlock({ ...person.served, vault }))).toBe("wrong_password");
  const { password } = person.served.vault.wraps;
  const swapped = { ...vault, wraps: { ...vault.wraps, password: { ...password, version: 2 } } };
  expect(await refusal(old.api.unlock({ ...person.served, vault: swapped }))).toBe("wrong_password");
  // And the recovery code of the registration goes on to open it.
  const fresh = browser();
  await fresh.recoverySecret(person.recoveryCode);
  const input = { ...person.served, vault, username: person.username, serverName, newPassword: BETTER };
  const recovered = await fresh.recover(input);
  await opens(person, after(vault, "password", recovered), recovered);
});

test("P2.5 a wrong present password, a foreign or a flipped vault: nothing is made", async () => {
  const person = await registered("refused");
  const wrong = await signingIn(person, "another password");
  const input = { ...person.served, newPassword: BETTER };
  expect(await refusal(wrong.api.changePassword(input))).toBe("wrong_password");
  const { api } = await signingIn(person, PASSWORD);
  const bytes = fromBase64url(person.served.vault.vault);
  bytes[40]! ^= 1;
  const flipped = { ...person.served.vault, vault: toBase64url(bytes) };
  expect(await refusal(api.changePassword({ ...input, vault: flipped }))).toBe("vault_damaged");
  const other = await registered("other");
  expect(await refusal(api.changePassword({ ...input, vault: other.served.vault }))).toBe("wrong_password");
  const impostor = { ...input, identityPublicKey: other.served.identityPublicKey };
  expect(await refusal(api.changePassword(impostor))).toBe("vault_damaged");
  // After a refusal the password that was typed is still the one in hand.
  await api.unlock(person.served);
});

test("P2.4 the code opens the vault for a new password, and nothing but the right code does", async () => {
  const person = await registered("recover");
  const api = browser();
  expect(await refusal(api.recoverySecret("7K3M"))).toBe("wrong_recovery_code");
  const input = { ...person.served, username: person.username, serverName, newPassword: BETTER };
  expect(await refusal(api.recover(input))).toBe("locked");
  const { recovery_auth_secret } = await api.recoverySecret(person.recoveryCode.toLowerCase());
  expect(recovery_auth_secret).toBe(person.request.recovery_auth_secret);
  const change = await api.recover(input);
  expect(change.auth_secret).toBeUndefined();
  await opens(person, after(person.served.vault, "password", change), change);

  const thief = browser();
  await thief.recoverySecret((await newRecoveryCode()).code);
  expect(await refusal(thief.recover(input))).toBe("wrong_recovery_code");
  await api.lock();
  expect(await refusal(api.recover(input))).toBe("locked");
});

test("P2.1 a browser that knows the account recovers it on no other server", async () => {
  const alice = await Browser.register(service, "pinned");
  const { registration } = service.account(alice.userId);
  await alice.api.recoverySecret((await newRecoveryCode()).code);
  const identityPublicKey = registration.identity_public_key;
  const input = { userId: alice.userId, vault: vaultOf(registration), identityPublicKey, newPassword: BETTER };
  const call = alice.api.recover({ ...input, username: "pinned", serverName: "elsewhere" });
  expect(await refusal(call)).toBe("server_name_changed");
});

test("P2.4 a new code opens the next vault, and the one before it does not", async () => {
  const person = await registered("renewed");
  const { api, auth_secret } = await signingIn(person, PASSWORD);
  const { request, recoveryCode } = await api.newRecoveryCode(person.served);
  expect(request.auth_secret).toBe(auth_secret);
  expect(recoveryCode).not.toBe(person.recoveryCode);
  const vault = after(person.served.vault, "recovery", request);
  await api.unlock({ ...person.served, vault });
  const input = { ...person.served, vault, username: person.username, serverName, newPassword: BETTER };
  const [old, fresh] = [browser(), browser()];
  await old.recoverySecret(person.recoveryCode);
  expect(await refusal(old.recover(input))).toBe("wrong_recovery_code");
  expect(await fresh.recoverySecret(recoveryCode)).toEqual({ recovery_auth_secret: request.recovery_auth_secret });
  const change = await fresh.recover(input);
  await opens(person, after(vault, "password", change), change);
});

test("P2.5 a version that was written makes an older vault a rollback; before the answer nothing is noted", async () => {
  const person = await registered("versions");
  const { api } = await signingIn(person, PASSWORD);
  await api.unlock(person.served);
  await api.open(person.served.userId);
  const change = await api.changePassword({ ...person.served, newPassword: BETTER });
  const again = async (vault: WireVault, password: string, salt: string) => {
    await api.signInSecret({ username: person.username, password, parameters: { ...person.parameters, salt } });
    await api.unlock({ ...person.served, vault });
    await api.open(person.served.userId);
  };
  // The server died before it stored the change: the old password opens as before.
  await again(person.served.vault, PASSWORD, person.request.salt);
  await api.vaultWritten(2);
  expect(await refusal(again(person.served.vault, PASSWORD, person.request.salt))).toBe("vault_rollback");
  await again(after(person.served.vault, "password", change), BETTER, change.salt);
});
