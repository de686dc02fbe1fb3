import { IconButton, LinearProgress, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { CloseIcon, FileIcon, PauseIcon, ResumeIcon } from "../../../components/icons";
import { useAppSelector, useCommand, useMessenger } from "../../../app/hooks";
import { problemWords } from "../../../app/words/problems";
import { sizeWords } from "../../../lib/size";
import type { Upload } from "../../../realtime/state";

const Row = styled("li")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 10,
  minWidth: 0,
  padding: "4px 4px 4px 12px",
  borderRadius: 10,
  background: theme.palette.sunken,
}));

const Words = styled("div")(({ theme }) => ({
  flex: 1,
  minWidth: 0,
  display: "grid",
  gap: 2,
  "& bdi": { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  "& p": { ...theme.typography.caption, margin: 0, color: theme.palette.text.secondary },
  "& p[role=alert]": { color: theme.palette.critical },
}));

const Bar = styled(LinearProgress)(({ theme }) => ({
  height: 3,
  borderRadius: 2,
  background: theme.palette.line,
  "& .MuiLinearProgress-bar": { background: theme.palette.accent },
}));

function words({ state, sent, size }: Upload, offline: boolean): string {
  const done = `${sizeWords(sent)} of ${sizeWords(size)}`;
  if (state === "paused") return `Paused at ${done}`;
  if (offline) return `Goes on when you are back online · ${done}`;
  return state === "waiting" ? `Waiting · ${done}` : `Encrypting and sending · ${done}`;
}

export function UploadRow({ upload }: { upload: Upload }) {
  const messenger = useMessenger();
  const offline = useAppSelector((state) => state.line.line.status !== "online");
  const { id, name, state, sent, size, kept, problem } = upload;
  const cancel = useCommand(() => messenger.cancelUpload(id));
  const stands = state === "paused" || state === "failed";
  const verb = state === "failed" ? "Try again" : stands ? "Go on" : "Pause";
  return (
    <Row data-upload={state}>
      <FileIcon />
      <Words>
        <bdi>{name}</bdi>
        {problem === null ? <p>{words(upload, offline)}</p> : <p role="alert">Not sent. {problemWords(problem)}</p>}
        {problem === null && (
          <Bar variant="determinate" value={size === 0 ? 0 : (100 * sent) / size} aria-label={`Sending ${name}`} />
        )}
        {problem === null && kept === "never" && (
          <p>This browser has no room to keep it: leave this page open until it is sent.</p>
        )}
      </Words>
      {problem?.code !== "file_interrupted" && (
        <Tooltip title={verb}>
          <IconButton
            aria-label={`${verb}: ${name}`}
            onClick={() => (stands ? messenger.resumeUpload(id) : messenger.pauseUpload(id))}
          >
            {stands ? <ResumeIcon /> : <PauseIcon />}
          </IconButton>
        </Tooltip>
      )}
      <Tooltip title="Cancel">
        <IconButton aria-label={`Cancel: ${name}`} disabled={cancel.running} onClick={() => void cancel.run()}>
          <CloseIcon />
        </IconButton>
      </Tooltip>
    </Row>
  );
}
