import { keyframes, styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import { VisuallyHidden } from "./VisuallyHidden";

const breathe = keyframes({ "0%, 100%": { opacity: 1 }, "50%": { opacity: 0.55 } });

const Bar = styled("span")(({ theme }) => ({
  display: "block",
  height: 10,
  borderRadius: 5,
  background: theme.palette.line,
  animation: `${breathe} 1.6s ease-in-out infinite`,
}));
const Row = styled("div")({ display: "flex", alignItems: "center", gap: 12, height: 56, padding: "0 12px" });
const Bubbles = styled("div")({
  display: "flex",
  flexDirection: "column",
  gap: 12,
  padding: 16,
  width: "100%",
  maxWidth: 760,
  margin: "0 auto",
});

/** What comes quickly needs no announcement: true after 150 ms. */
function useLate(): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return late;
}

export function RowSkeletons({ count, label }: { count: number; label: string }) {
  if (!useLate()) return null;
  return (
    <div role="status">
      <VisuallyHidden>{label}</VisuallyHidden>
      {Array.from({ length: count }, (_, index) => (
        <Row key={index} aria-hidden>
          <Bar style={{ width: 36, height: 36, borderRadius: "50%", flex: "none" }} />
          <span style={{ flex: 1 }}>
            <Bar style={{ width: `${35 + ((index * 23) % 30)}%`, marginBottom: 8 }} />
            <Bar style={{ width: `${55 + ((index * 17) % 35)}%` }} />
          </span>
        </Row>
      ))}
    </div>
  );
}

const WIDTHS = [46, 62, 30, 54, 38, 58];

export function TimelineSkeleton({ label }: { label: string }) {
  if (!useLate()) return null;
  return (
    <Bubbles role="status">
      <VisuallyHidden>{label}</VisuallyHidden>
      {WIDTHS.map((width, index) => (
        <Bar
          key={index}
          aria-hidden
          style={{
            width: `${width}%`,
            height: 38,
            borderRadius: 14,
            alignSelf: index % 3 === 2 ? "flex-end" : "flex-start",
          }}
        />
      ))}
    </Bubbles>
  );
}

export function LinesSkeleton({ count, label }: { count: number; label: string }) {
  if (!useLate()) return null;
  return (
    <div role="status" style={{ display: "grid", gap: 12 }}>
      <VisuallyHidden>{label}</VisuallyHidden>
      {Array.from({ length: count }, (_, index) => (
        <Bar key={index} aria-hidden style={{ width: `${60 + ((index * 29) % 40)}%` }} />
      ))}
    </div>
  );
}
