import { MenuItem, Select, Switch } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import { Section } from "../../components/Pane";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Rank, Room, RoomSettings } from "../../realtime/state";

type Rule = "invite" | "remove" | "configure" | "post";

const RULES: { rule: Rule; label: string; from: Rank }[] = [
  { rule: "post", label: "Write", from: 0 },
  { rule: "invite", label: "Add people", from: 0 },
  { rule: "remove", label: "Remove people", from: 1 },
  { rule: "configure", label: "Change name, rules", from: 0 },
];

const WHO: Record<Rank, string> = { 0: "Everybody", 1: "Moderators", 2: "The owner" };
const RANKS: Rank[] = [0, 1, 2];

const Rule = styled("label")({
  display: "flex",
  alignItems: "center",
  justifyContent: "space-between",
  gap: 12,
  minHeight: 44,
});

const Who = styled(Select<Rank>)(({ theme }) => ({
  flex: "none",
  fontSize: 14,
  "& .MuiSelect-select": { display: "flex", alignItems: "center", minHeight: 36, paddingLeft: 8, borderRadius: 6 },
  "& .MuiSelect-select, & .MuiSelect-select.MuiInputBase-input": { paddingTop: 0, paddingBottom: 0 },
  [theme.touch]: { "& .MuiSelect-select.MuiInputBase-input": { minHeight: 44 } },
}));

/** Who may do what; each change is one commit that everybody sees. */
export function RoomRules({ room }: { room: Room }) {
  const messenger = useMessenger();
  const change = useCommand((settings: Partial<RoomSettings>) =>
    messenger.changeRoom(room.id, { act: "settings", settings }),
  );
  const id = useId();
  return (
    <Section aria-labelledby={id}>
      <h2 id={id}>Who may do what</h2>
      {RULES.map(({ rule, label, from }) => (
        <Rule key={rule}>
          {label}
          <Who
            size="small"
            variant="standard"
            disableUnderline
            value={room.settings[rule]}
            disabled={change.running}
            inputProps={{ "aria-label": label }}
            onChange={(event) => void change.run({ [rule]: event.target.value })}
          >
            {RANKS.filter((rank) => rank >= from).map((rank) => (
              <MenuItem key={rank} value={rank}>
                {WHO[rank]}
              </MenuItem>
            ))}
          </Who>
        </Rule>
      ))}
      <Rule>
        Approve who comes by a link
        <Switch
          checked={room.settings.approval}
          disabled={change.running}
          onChange={(event) => void change.run({ approval: event.target.checked })}
        />
      </Rule>
      {change.problem !== null && <p role="alert">{problemWords(change.problem)}</p>}
    </Section>
  );
}
