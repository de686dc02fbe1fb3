/** What is shown while nobody is signed in: the account that this browser keeps, and why nobody is. */
import type { Api } from "../api/client";
import type { CryptoApi, LocalAccount } from "../crypto/client";
import type { AccountState, Ending, Kept } from "./state";

/** `refined`: the same once the server has told its name; null: it did not, or that makes no difference. */
export async function signedOut(
  api: Api,
  crypto: CryptoApi,
  reason: Ending | null,
): Promise<{ state: AccountState; refined: Promise<AccountState | null> }> {
  const all = await crypto.localAccounts().catch(() => []);
  const accounts = all.filter(({ device }) => device !== "damaged");
  const why = reason ?? (accounts.length < all.length ? "store_damaged" : null);
  const state = (serverName: string | null): AccountState => {
    return { phase: "signed_out", kept: keptOf(accounts, serverName), reason: why };
  };
  if (accounts.length === 0) return { state: state(null), refined: Promise.resolve(null) };
  const refined = api.anonymous("get", "/api/config", {}).then(
    (config) => state(config.server_name),
    () => null,
  );
  return { state: state(null), refined };
}

/** The newest account of this server, else the newest (PROTOCOL.md 2.1). `serverName` null: not known yet. */
function keptOf(accounts: readonly LocalAccount[], serverName: string | null): Kept | null {
  const here = accounts.findLast((account) => account.serverName === serverName);
  const local = here ?? accounts.at(-1);
  if (local === undefined) return null;
  const { userId, username } = local;
  return { userId, username, otherServer: serverName !== null && here === undefined };
}

/** Why the server ended the sign-in, as far as it makes a difference to the person. */
export function endingOf(because: unknown): Ending {
  return because === "password_changed" || because === "device_removed" ? because : "signed_out_elsewhere";
}
