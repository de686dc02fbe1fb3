import { fullTime } from "../../lib/time";
import type { MessageEntry } from "../../realtime/state";
import { MoreAbout } from "./MoreAbout";

/** Of a message that this browser could not read when it came (PROTOCOL.md 9.4). */
export function ResentDetails({ message: { resent, at, position } }: { message: MessageEntry }) {
  if (resent === null) return null;
  return (
    <MoreAbout>
      <summary>Sent again</summary>
      <dl>
        <dt>Written</dt>
        <dd>
          {fullTime(at)}, entry {position}
        </dd>
        <dt>Came again</dt>
        <dd>{fullTime(resent.at)}</dd>
        <dt>Compared</dt>
        <dd>
          {resent.proven
            ? "word for word what was written then"
            : "not possible: the first one is not there any more, or nothing but the server says whose it was. Its author says that this is it."}
        </dd>
      </dl>
    </MoreAbout>
  );
}
