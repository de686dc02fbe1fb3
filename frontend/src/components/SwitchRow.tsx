import { Switch } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import { Secondary } from "./Pane";

const Row = styled("label")({
  display: "flex",
  alignItems: "center",
  justifyContent: "space-between",
  gap: 16,
  minHeight: 44,
  padding: "6px 0",
  cursor: "pointer",
  "& > div": { display: "grid", minWidth: 0 },
  "& .MuiSwitch-root": { flex: "none" },
});

interface Props {
  label: string;
  meaning: string;
  checked: boolean;
  disabled: boolean;
  onChange: (on: boolean) => void;
}

/** A switch with its name and what it means. */
export function SwitchRow({ label, meaning, checked, disabled, onChange }: Props) {
  const id = useId();
  return (
    <Row>
      <div>
        <span id={id}>{label}</span>
        <Secondary as="span" id={`${id}-meaning`}>
          {meaning}
        </Secondary>
      </div>
      <Switch
        checked={checked}
        disabled={disabled}
        onChange={(_, on) => onChange(on)}
        slotProps={{ input: { "aria-labelledby": id, "aria-describedby": `${id}-meaning` } }}
      />
    </Row>
  );
}
