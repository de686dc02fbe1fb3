import { Button } from "@mui/material";
import { Name, Section } from "../../components/Pane";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Room } from "../../realtime/state";

/** Who asks to come in, for those who may let them in. Without approval that happens by itself. */
export function Waiting({ room }: { room: Room }) {
  const messenger = useMessenger();
  const admit = useCommand((ids: string[]) => messenger.admit(room.id, ids));
  const decline = useCommand((id: string) => messenger.decline(room.id, id));
  const { joining } = room;
  const busy = admit.running || decline.running;
  const problem = admit.problem ?? decline.problem;
  return (
    <Section aria-labelledby="room-waiting">
      <h2 id="room-waiting">Asking to join · {joining.length}</h2>
      {joining.map(({ id, username }) => (
        <div key={id} style={{ display: "flex", alignItems: "center", gap: 8, minHeight: 52 }}>
          <Name style={{ flex: 1 }}>{username}</Name>
          <Button size="small" disabled={busy} aria-label={`Decline ${username}`} onClick={() => void decline.run(id)}>
            Decline
          </Button>
          <Button
            size="small"
            variant="contained"
            color="primary"
            disabled={busy}
            aria-label={`Let in ${username}`}
            onClick={() => void admit.run([id])}
          >
            Let in
          </Button>
        </div>
      ))}
      {joining.length > 1 && (
        <Button disabled={busy} onClick={() => void admit.run(joining.map(({ id }) => id))}>
          Let all in
        </Button>
      )}
      {problem !== null && <p role="alert">{problemWords(problem)}</p>}
    </Section>
  );
}
