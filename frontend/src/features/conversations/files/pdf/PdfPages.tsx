import { IconButton, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useRef, useState } from "react";
import frameScript from "virtual:pdf-frame";
import { BackIcon, ForwardIcon } from "../../../../components/icons";
import { type Asked, toldOf } from "./messages";

const Frame = styled("iframe")({
  display: "block",
  width: "min(820px, 90vw)",
  height: "calc(100dvh - 188px)",
  minHeight: 200,
  border: 0,
  // Paper, whatever the page looks like.
  background: "white",
  colorScheme: "light",
});

const Foot = styled("div")({
  display: "flex",
  alignItems: "center",
  justifyContent: "center",
  gap: 8,
  minHeight: 48,
  fontVariantNumeric: "tabular-nums",
});

/** So long a silence means that it cannot be shown: a file may be made to be drawn for ever. */
const SILENCE_MS = 30_000;

/**
 * Nothing but this one script runs in the frame, and nothing is fetched: without an origin there are no keys, store or cookies in
 * reach of what a hostile file makes of its reader. What a policy does not cover stands in docs/decisions/0013-pdf.md.
 */
function frameOf(address: string): string {
  const script = new URL(address, location.href).href;
  const policy = `default-src 'none'; script-src ${script}`;
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><body><script src="${script}"></script>`;
}

type Shown = { state: "waiting" | "failed" } | { state: "shown"; page: number; pages: number };

/** A PDF, drawn in a frame that has no way to anything else (docs/decisions). */
export function PdfPages({ content, name }: { content: Blob; name: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [shown, setShown] = useState<Shown>({ state: "waiting" });

  const silence = useRef<ReturnType<typeof setTimeout>>(undefined);

  const ask = (asked: Asked, handedOver: Transferable[] = []) =>
    frame.current?.contentWindow?.postMessage(asked, "*", handedOver);
  const width = () => frame.current?.clientWidth ?? 0;
  const awaitAnswer = () => {
    clearTimeout(silence.current);
    silence.current = setTimeout(() => setShown({ state: "failed" }), SILENCE_MS);
  };

  useEffect(() => {
    // Asked for again and again, the file would be read again and again.
    let given = false;
    const give = () => {
      if (given) return;
      given = true;
      awaitAnswer();
      content.arrayBuffer().then(
        (bytes) => ask({ kind: "open", bytes, width: width() }, [bytes]),
        () => setShown({ state: "failed" }),
      );
    };
    awaitAnswer();
    const listen = (event: MessageEvent<unknown>) => {
      if (event.source === null || event.source !== frame.current?.contentWindow) return;
      const told = toldOf(event.data);
      if (told === null) return;
      if (told.kind === "ready") give();
      else clearTimeout(silence.current);
      if (told.kind === "failed") setShown({ state: "failed" });
      if (told.kind === "drawn") setShown({ state: "shown", page: told.page, pages: told.pages });
    };
    window.addEventListener("message", listen);
    return () => {
      clearTimeout(silence.current);
      window.removeEventListener("message", listen);
    };
  }, [content]);

  if (shown.state === "failed")
    return <p role="alert">This document cannot be shown here. Save it, and open it in another program.</p>;
  const go = (page: number) => () => {
    awaitAnswer();
    ask({ kind: "page", page, width: width() });
  };
  const { page, pages } = shown.state === "shown" ? shown : { page: 0, pages: 0 };
  return (
    <div>
      <Frame ref={frame} sandbox="allow-scripts" srcDoc={frameOf(frameScript)} title={name} />
      <Foot>
        <Tooltip title="Page before">
          <span>
            <IconButton aria-label="Page before" disabled={page <= 1} onClick={go(page - 1)}>
              <BackIcon />
            </IconButton>
          </span>
        </Tooltip>
        <span role="status">{pages === 0 ? "Drawing…" : `Page ${page} of ${pages}`}</span>
        <Tooltip title="Next page">
          <span>
            <IconButton aria-label="Next page" disabled={page >= pages} onClick={go(page + 1)}>
              <ForwardIcon />
            </IconButton>
          </span>
        </Tooltip>
      </Foot>
    </div>
  );
}
