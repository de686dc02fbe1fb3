import { styled } from "@mui/material/styles";
import type { SourceState } from "../../realtime/quantum";

const Table = styled("table")(({ theme }) => ({
  ...theme.typography.body2,
  width: "100%",
  marginTop: 10,
  borderCollapse: "collapse",
  fontVariantNumeric: "tabular-nums",
  "& caption": { textAlign: "left", fontWeight: 600, padding: "0 0 4px" },
  "& th": { textAlign: "left", fontWeight: 400, color: theme.palette.text.secondary, padding: "2px 12px 2px 0" },
  "& td": { textAlign: "right", padding: "2px 0 2px 12px" },
  "& thead th:not(:first-of-type)": { textAlign: "right", padding: "2px 0 2px 12px" },
  "& tbody tr": { borderTop: `1px solid ${theme.palette.line}` },
}));

/** What each health test measured in the newest good block, and where it would have raised an alarm. */
export function HealthTests({ figures }: { figures: NonNullable<SourceState["figures"]> }) {
  const lowest = `below ${figures.estimate_cutoff}`;
  const rows: [test: string, measured: string, alarm: string][] = [
    ["Equal bits in a row", String(figures.longest_run), `${figures.repetition_cutoff}`],
    ["One value among 1,024", String(figures.highest_proportion), `${figures.proportion_cutoff}`],
    ["Most common value", figures.most_common_value.toFixed(3), lowest],
    ["Markov estimate", figures.markov.toFixed(3), lowest],
  ];
  return (
    <Table>
      <caption>Health tests of the newest good block</caption>
      <thead>
        <tr>
          <th scope="col">Test</th>
          <th scope="col">Measured</th>
          <th scope="col">Alarm at</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([test, measured, alarm]) => (
          <tr key={test}>
            <th scope="row">{test}</th>
            <td>{measured}</td>
            <td>{alarm}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
