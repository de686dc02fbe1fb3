import { Button, IconButton, LinearProgress, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { CloseIcon, FileIcon } from "../../../components/icons";
import { useAppSelector, useCommand, useMessenger } from "../../../app/hooks";
import { problemWords } from "../../../app/words/problems";
import { fromUrlAlphabet } from "../../../lib/base64";
import { sizeWords } from "../../../lib/size";
import { kindOf } from "../../../realtime/files/kinds";
import type { FileView } from "../../../realtime/state";
import { type Fetched, Preview } from "./Preview";
import { save } from "../../../lib/save";

const Part = styled("div")({ display: "grid", gap: 6, minWidth: 0, maxWidth: 360 });

const Picture = styled("button")(({ theme }) => ({
  display: "block",
  padding: 0,
  margin: "2px -5px 0",
  border: 0,
  borderRadius: 10,
  overflow: "hidden",
  background: theme.palette.sunken,
  cursor: "zoom-in",
  "& img": { display: "block", width: "100%", height: "100%", objectFit: "cover" },
}));

const Line = styled("div")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 10,
  minWidth: 0,
  "& > div": { flex: 1, minWidth: 0, display: "grid" },
  "& bdi": { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  "& small": { ...theme.typography.caption, color: theme.palette.text.secondary },
}));

const Wrong = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  margin: 0,
  color: theme.palette.critical,
}));

const SHOW = { image: "Show", audio: "Listen", video: "Watch", pdf: "Show", other: null } as const;
const WIDEST = 320;
const HIGHEST = 320;

/** So large that the picture keeps its form, and nothing moves when it comes. */
function frame({ width, height }: FileView) {
  if (width === null || height === null) return { width: WIDEST, aspectRatio: "4 / 3" };
  const scale = Math.min(1, WIDEST / width, HIGHEST / height);
  return { width: Math.max(80, Math.round(width * scale)), maxWidth: "100%", aspectRatio: `${width} / ${height}` };
}

/** A file in its bubble: what it is, and fetching it. Nothing is fetched unasked. */
export function FilePart({ conversationId, file }: { conversationId: string; file: FileView }) {
  const messenger = useMessenger();
  const known = useAppSelector((state) => state.files.downloads[file.ref]);
  const ready = known?.state === "ready";
  const download = ready ? undefined : known;
  const [shown, setShown] = useState<Fetched | null>(null);
  const show = useCommand(async () => {
    const content = await messenger.fetchFile(conversationId, file);
    setShown({ content, address: URL.createObjectURL(content) });
  });
  const keep = useCommand(async () => save(await messenger.fetchFile(conversationId, file), file.name));
  const close = () => {
    URL.revokeObjectURL(shown?.address ?? "");
    setShown(null);
  };
  const kind = kindOf(file.type);
  const word = SHOW[kind];
  const problem = show.problem ?? keep.problem;
  const busy = show.running || keep.running;
  return (
    <Part data-file={file.name}>
      {kind === "image" && file.thumbnail !== null && (
        <Picture
          type="button"
          style={frame(file)}
          disabled={busy}
          onClick={() => void show.run()}
          aria-label={`Show ${file.name}`}
        >
          <img src={`data:image/jpeg;base64,${fromUrlAlphabet(file.thumbnail)}`} alt="" />
        </Picture>
      )}
      <Line>
        <FileIcon />
        <div>
          <bdi>{file.name}</bdi>
          <small>{download === undefined ? restWords(file.size, ready) : progressWords(download)}</small>
        </div>
        {download === undefined ? (
          <>
            {word !== null && (
              <Button size="small" variant="text" disabled={busy} onClick={() => void show.run()}>
                {word}
              </Button>
            )}
            <Button size="small" variant="text" disabled={busy} onClick={() => void keep.run()}>
              Save
            </Button>
          </>
        ) : (
          <Tooltip title="Cancel">
            <IconButton aria-label={`Cancel: ${file.name}`} onClick={() => messenger.cancelDownload(file.ref)}>
              <CloseIcon />
            </IconButton>
          </Tooltip>
        )}
      </Line>
      {download !== undefined && (
        <LinearProgress
          variant="determinate"
          value={download.size === 0 ? 0 : (100 * download.received) / download.size}
          aria-label={`Fetching ${file.name}`}
        />
      )}
      {problem !== null && problem.code !== "cancelled" && <Wrong role="alert">{problemWords(problem)}</Wrong>}
      {shown !== null && <Preview file={file} fetched={shown} onClose={close} />}
    </Part>
  );
}

const restWords = (size: number, ready: boolean) =>
  ready ? `Fetched and checked · ${sizeWords(size)}` : sizeWords(size);

function progressWords({ received, size, state }: { received: number; size: number; state: string }): string {
  const done = `${sizeWords(received)} of ${sizeWords(size)}`;
  return state === "waiting" ? `Waiting for the connection · ${done}` : `Fetching and checking · ${done}`;
}
