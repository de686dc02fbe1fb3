import { styled } from "@mui/material/styles";
import { useEffect } from "react";
import { useAppSelector } from "../../../app/hooks";
import type { Talk } from "../talk";
import { takesFiles, useAttach } from "./useAttach";
import { UploadRow } from "./UploadRow";
import { useDrop } from "./useDrop";

const List = styled("ul")(({ theme }) => ({
  flex: "none",
  listStyle: "none",
  width: "100%",
  maxWidth: 760,
  maxHeight: 172,
  overflowY: "auto",
  margin: "0 auto",
  padding: "0 20px 8px",
  display: "grid",
  gap: 4,
  [theme.breakpoints.down("sm")]: { padding: "0 8px 8px" },
}));

const Over = styled("div")(({ theme }) => ({
  position: "absolute",
  inset: 8,
  zIndex: 10,
  display: "grid",
  placeItems: "center",
  padding: 24,
  textAlign: "center",
  fontWeight: 600,
  borderRadius: 14,
  border: `2px dashed ${theme.palette.accent}`,
  background: theme.palette.surface,
  opacity: 0.95,
  pointerEvents: "none",
}));

/** Above the composer: what goes out of this conversation, and where files may be let go. */
export function FilesOnTheWay({ talk }: { talk: Talk }) {
  const { id, name } = talk;
  const all = useAppSelector((state) => state.files.uploads);
  const uploads = all.filter(({ conversationId }) => conversationId === id);
  const attach = useAttach(id);
  const over = useDrop(takesFiles(talk) ? attach : null);
  useWarning(all.some(({ state, kept }) => state !== "failed" && kept !== "whole"));
  return (
    <>
      {over && <Over>Let go to send to {name}</Over>}
      {uploads.length > 0 && (
        <List aria-label="Files on their way">
          {uploads.map((upload) => (
            <UploadRow key={upload.id} upload={upload} />
          ))}
        </List>
      )}
    </>
  );
}

/** A file on its way that is not kept does not survive the page: the browser asks before it is closed. */
function useWarning(some: boolean): void {
  useEffect(() => {
    if (!some) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [some]);
}
