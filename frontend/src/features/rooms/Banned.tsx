import { Button } from "@mui/material";
import { Name, Section } from "../../components/Pane";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Room } from "../../realtime/state";
import { RANK } from "../../app/ranks";

export function Banned({ room }: { room: Room }) {
  const messenger = useMessenger();
  const lift = useCommand((userId: string) => messenger.changeRoom(room.id, { act: "lift_ban", userId }));
  const mayLift = room.stage.kind === "open" && RANK[room.role] >= room.settings.remove;
  return (
    <Section aria-labelledby="room-banned">
      <h2 id="room-banned">Banned</h2>
      {room.banned.map(({ id, username }) => (
        <div key={id} style={{ display: "flex", alignItems: "center", gap: 8, minHeight: 44 }}>
          <Name style={{ flex: 1 }}>{username === "" ? "Somebody" : username}</Name>
          {mayLift && (
            <Button size="small" disabled={lift.running} onClick={() => void lift.run(id)}>
              Lift the ban
            </Button>
          )}
        </div>
      ))}
      {lift.problem !== null && <p role="alert">{problemWords(lift.problem)}</p>}
    </Section>
  );
}
