import { styled, type Theme } from "@mui/material/styles";
import { Secondary } from "../../components/Pane";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import type { Photon } from "../../realtime/quantum";
import { type Fate, MARKS, fateOf, inWords } from "./fates";

const List = styled("ol")({
  listStyle: "none",
  margin: "8px 0 12px",
  padding: 0,
  display: "grid",
  gridTemplateColumns: "repeat(auto-fill, minmax(32px, 1fr))",
  gap: "10px 2px",
});

const markColour = ({ palette }: Theme): Record<Fate, string> => ({
  dropped: palette.text.secondary,
  kept: palette.verified,
  compared: palette.accent,
  wrong: palette.critical,
});

const Cell = styled("li", { shouldForwardProp: (name) => name !== "fate" })<{ fate: Fate }>(({ theme, fate }) => ({
  position: "relative",
  display: "grid",
  justifyItems: "center",
  gap: 3,
  padding: "4px 0",
  borderRadius: 6,
  fontSize: 12,
  lineHeight: "16px",
  fontVariantNumeric: "tabular-nums",
  background: fate === "dropped" ? "transparent" : theme.palette.surface,
  border: `1px solid ${fate === "dropped" ? "transparent" : theme.palette.line}`,
  color: fate === "dropped" ? theme.palette.text.secondary : theme.palette.text.primary,
  "& b": { fontWeight: 600, color: markColour(theme)[fate] },
}));

/** The direction of the polarisation in degrees: level or upright in basis Z, slanted in X. */
const ANGLES = { Z: [0, 90], X: [45, 135] } as const;

function Polarisation({ basis, bit, resent = false }: { basis: "Z" | "X"; bit: number; resent?: boolean }) {
  return (
    <svg width="18" height="18" viewBox="-9 -9 18 18" aria-hidden>
      <g
        transform={`rotate(${-ANGLES[basis][bit === 0 ? 0 : 1]})`}
        stroke="currentColor"
        strokeWidth="1.75"
        strokeDasharray={resent ? "2.5 1.75" : undefined}
        fill="none"
      >
        <path d="M-7 0H7M-7 0l2.5 -2.5M-7 0l2.5 2.5M7 0l-2.5 -2.5M7 0l-2.5 2.5" />
      </g>
    </svg>
  );
}

function Filter({ basis }: { basis: "Z" | "X" }) {
  return (
    <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden>
      <g transform={basis === "X" ? "rotate(45)" : undefined} stroke="currentColor" strokeWidth="1.25" fill="none">
        <circle r="7" />
        <path d="M-7 0H7M0 -7V7" />
      </g>
    </svg>
  );
}

/** The first photons of a run, one to the column, from Alice down to Bob. */
export function Photons({ photons }: { photons: readonly Photon[] }) {
  const listened = photons.some(({ eve_basis }) => eve_basis !== null);
  return (
    <>
      <Secondary>
        From the top: how Alice polarised the photon{listened && ", what Eve sent on instead (dashed)"}, the filter that
        Bob chose, the bit that he saw, and what became of it: ✓ kept, = compared, ✕ wrong, – dropped because the bases
        differ.
      </Secondary>
      <List aria-label="The first photons">
        {photons.map((photon, index) => (
          <Cell key={index} fate={fateOf(photon)}>
            <VisuallyHidden>{inWords(photon)}</VisuallyHidden>
            <Polarisation basis={photon.alice_basis} bit={photon.alice_bit} />
            {listened && <Resent photon={photon} />}
            <Filter basis={photon.bob_basis} />
            <span aria-hidden>{photon.bob_bit}</span>
            <b aria-hidden>{MARKS[fateOf(photon)].sign}</b>
          </Cell>
        ))}
      </List>
    </>
  );
}

function Resent({ photon: { eve_basis, eve_bit } }: { photon: Photon }) {
  if (eve_basis === null || eve_bit === null) return <span style={{ height: 18 }} />;
  return <Polarisation basis={eve_basis} bit={eve_bit} resent />;
}
