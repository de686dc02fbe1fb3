/** What a recipient of a contribution gets out of it. */

import { groupIdOf } from "../mls/suite";
import { fromBase64url } from "../primitives/encoding";
import { openPart, pskOf, readContribution } from "../statements/contribution";
import type { WireContribution } from "../wire";
import type { Browser } from "./browser";

export async function contributionPsk(browser: Browser, wire: WireContribution) {
  const room = await browser.inside();
  const { deviceId, mlKem } = room.device;
  room.store.close();
  const { id, transcript } = await readContribution(wire, (await browser.service.notary()).publicKey);
  const secret = await openPart(transcript, deviceId, fromBase64url(mlKem.seed));
  return { id, secret: await pskOf(secret, id, groupIdOf(transcript.conversation, transcript.generation)) };
}
