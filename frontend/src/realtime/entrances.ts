/** The ways into an account: registering, signing in, recovering, completing one that was made outside a browser (PROTOCOL.md 2). */
import { isApiError } from "../api/errors";
import type { Account, Entered } from "./account";
import type { Credentials } from "./credentials";
import type { Leaving } from "./leaving";
import type { Progress } from "./messenger";

/** What comes of it. */
interface Phases {
  readonly enter: (entered: Entered, progress: Progress) => Promise<void>;
  /** When it fails, what the password opened is closed again. */
  readonly unlocking: <T>(work: () => Promise<T>) => Promise<T>;
  readonly incomplete: (username: string) => void;
  /** The server ended this sign-in meanwhile. */
  readonly ended: (because: unknown) => Promise<void>;
}

export class Entrances {
  constructor(
    private readonly account: Account,
    private readonly credentials: Credentials,
    private readonly leaving: Leaving,
    private readonly phases: Phases,
  ) {}

  async register(input: { username: string; email: string; password: string }, progress: Progress) {
    await this.leaving.settle();
    return this.phases.unlocking(async () => {
      const { recoveryCode, ...entered } = await this.account.register(input, progress);
      await this.phases.enter(entered, progress);
      return { recoveryCode };
    });
  }

  async signIn({ identifier, password }: { identifier: string; password: string }, progress: Progress) {
    await this.leaving.settle();
    return this.phases.unlocking(async () => {
      const entered = await this.account.signIn(identifier, password, progress);
      if (entered === null) {
        this.phases.incomplete(identifier);
        return { outcome: "incomplete" as const };
      }
      await this.phases.enter(entered, progress);
      return { outcome: "signed_in" as const };
    });
  }

  /** After `credentials.beginRecovery`. */
  async recover(newPassword: string, progress: Progress): Promise<void> {
    await this.leaving.settle();
    await this.phases.enter(await this.credentials.recover(newPassword, progress), progress);
  }

  async complete(newPassword: string | null, progress: Progress) {
    try {
      const { recoveryCode, ...entered } = await this.account.complete(newPassword, progress);
      await this.phases.enter(entered, progress);
      return recoveryCode === null ? null : { recoveryCode };
    } catch (error) {
      // Another browser was first, and chose a new password: this sign-in is over.
      if (isApiError(error, "signed_out")) await this.phases.ended(error.details.reason);
      throw error;
    }
  }
}
