/** Files of this person’s messages that were deleted: the server forgets them too, and gives their room back. */
import { isApiError } from "../../api/errors";
import type { Context } from "../context";
import type { Jobs, Verdict } from "../jobs";

const ONLY = "deletions";

export class Deletions {
  readonly #jobs: Jobs;

  constructor(private readonly context: Context) {
    this.#jobs = context.jobs(() => this.#run());
  }

  /** There is a line, or something to do. */
  kick(): void {
    this.#jobs.kick(ONLY);
  }

  async #run(): Promise<Verdict> {
    const { api, crypto } = this.context;
    for (const id of await crypto.filesToDelete()) {
      try {
        await api.delete("/api/attachments/{attachment_id}", { path: { attachment_id: id } });
      } catch (error) {
        // Another browser of this person was first.
        if (!isApiError(error, "not_found")) throw error;
      }
      await crypto.fileDeleted(id);
    }
    return "done";
  }
}
