/** The operator of app_service gone bad: it holds the API key and the notary's blob, so it can have any transcript signed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fromBase64url, Reader, toBase64url } from "../../crypto/primitives/encoding";
import type { WireAccountKeys, WireContribution, WireContributionRequest } from "../../crypto/wire";
import type { Services } from "./services";

interface Notary {
  public_key: Uint8Array;
  wrapped_private_key: Uint8Array;
}

/** A signed contribution as asked for, with `ghost`'s first device as one more recipient. */
export async function establishWithGhost(
  services: Services,
  conversationId: string,
  request: WireContributionRequest,
  keys: readonly WireAccountKeys[],
  ghost: WireAccountKeys,
): Promise<WireContribution> {
  const database = new DatabaseSync(join(services.dataDir, "quantumchat.db"), { readOnly: true });
  const notary = database.prepare("SELECT * FROM notary_keys WHERE purpose = 'establish'").get() as unknown as Notary;
  database.close();
  const devices = keys.flatMap(({ devices }) => devices);
  const asked = request.recipients.map(({ device_id }) => devices.find(({ id }) => id === device_id)!);
  const recipients = [...asked, ghost.devices[0]!].map(({ id, ml_kem }) => ({
    device_id: id,
    number: ml_kem!.number,
    encapsulation_key: toBase64url(encapsulationKey(fromBase64url(ml_kem!.statement))),
  }));
  const secrets = JSON.parse(readFileSync(join(services.dataDir, "secrets.json"), "utf8")) as {
    QUANTUM_API_KEY: string;
  };
  const response = await fetch(`${services.quantum.origin}/api/quantum/establish`, {
    method: "POST",
    headers: { Authorization: `Bearer ${secrets.QUANTUM_API_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      notary_public_key: toBase64url(new Uint8Array(notary.public_key)),
      notary_wrapped_private_key: toBase64url(new Uint8Array(notary.wrapped_private_key)),
      conversation_id: conversationId,
      generation: request.generation,
      epoch: request.epoch,
      nonce: request.nonce,
      purpose: request.purpose,
      recipients,
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  const { transcript, signature } = (await response.json()) as WireContribution;
  return { transcript, signature };
}

/** label, server name, user id, device id, number, encapsulation key, time */
function encapsulationKey(statement: Uint8Array): Uint8Array {
  const reader = new Reader(statement);
  for (let field = 0; field < 5; field++) reader.blob();
  return reader.blob();
}
