import { MenuItem, Select } from "@mui/material";
import { styled } from "@mui/material/styles";
import { Secondary } from "../components/Pane";
import { lasting } from "../lib/time";
import { useCommand } from "./hooks";
import { problemWords } from "./words/problems";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const CHOICES = [0, HOUR, DAY, 7 * DAY, 28 * DAY];

const Row = styled("div")({
  display: "flex",
  alignItems: "center",
  justifyContent: "space-between",
  gap: 12,
  minHeight: 44,
});

const After = styled(Select<number>)(({ theme }) => ({
  flex: "none",
  fontSize: 14,
  "& .MuiSelect-select": { display: "flex", alignItems: "center", minHeight: 36, paddingLeft: 8, borderRadius: 6 },
  "& .MuiSelect-select, & .MuiSelect-select.MuiInputBase-input": { paddingTop: 0, paddingBottom: 0 },
  [theme.touch]: { "& .MuiSelect-select.MuiInputBase-input": { minHeight: 44 } },
}));

const words = (seconds: number) => (seconds === 0 ? "Off" : `After ${lasting(seconds)}`);

interface Props {
  seconds: number;
  /** Null: this person may not set it, or not now. */
  onChange: ((seconds: number) => Promise<void>) | null;
}

/** After which time the messages of a conversation disappear; one commit that everybody sees. */
export function Disappearing({ seconds, onChange }: Props) {
  const change = useCommand((wanted: number) => onChange?.(wanted) ?? Promise.resolve());
  const choices = CHOICES.includes(seconds) ? CHOICES : [...CHOICES, seconds].sort((a, b) => a - b);
  return (
    <>
      <Row>
        Disappear
        {onChange === null ? (
          <span>{words(seconds)}</span>
        ) : (
          <After
            size="small"
            variant="standard"
            disableUnderline
            value={seconds}
            disabled={change.running}
            inputProps={{ "aria-label": "Messages disappear" }}
            onChange={(event) => void change.run(event.target.value)}
          >
            {choices.map((choice) => (
              <MenuItem key={choice} value={choice}>
                {words(choice)}
              </MenuItem>
            ))}
          </After>
        )}
      </Row>
      <Secondary>
        Counts for new messages. When the time of one is over, it is erased here, at the server and in the browsers of
        everybody else. Who reads it can still keep a copy.
      </Secondary>
      {change.problem !== null && <Secondary role="alert">{problemWords(change.problem)}</Secondary>}
    </>
  );
}
