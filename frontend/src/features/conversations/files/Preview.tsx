import { Dialog, IconButton } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import { CloseIcon } from "../../../components/icons";
import { type FileKind, kindOf } from "../../../realtime/files/kinds";
import type { FileView } from "../../../realtime/state";
import { PdfPages } from "./pdf/PdfPages";

const Head = styled("div")({
  display: "flex",
  alignItems: "center",
  gap: 12,
  padding: "8px 8px 8px 20px",
  "& bdi": { flex: 1, fontWeight: 600, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
});

const Body = styled("div")(({ theme }) => ({
  display: "grid",
  placeItems: "center",
  minHeight: 120,
  background: theme.palette.sunken,
  "& img, & video": { display: "block", maxWidth: "100%", maxHeight: "calc(100dvh - 140px)" },
  "& audio": { width: "min(480px, 90vw)", margin: 24 },
}));

/** What was verified to the last byte, and an address for it that only this page has. */
export interface Fetched {
  content: Blob;
  address: string;
}

interface Props {
  file: FileView;
  fetched: Fetched;
  onClose: () => void;
}

/** Pictures, sound, film and documents of the closed list in kinds.ts. */
export function Preview({ file, fetched, onClose }: Props) {
  const title = useId();
  return (
    <Dialog open onClose={onClose} maxWidth="lg" aria-labelledby={title}>
      <Head>
        <bdi id={title}>{file.name}</bdi>
        <IconButton aria-label="Close" onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </Head>
      <Body>
        <Content kind={kindOf(file.type)} fetched={fetched} name={file.name} />
      </Body>
    </Dialog>
  );
}

function Content({ kind, fetched, name }: { kind: FileKind; fetched: Fetched; name: string }) {
  const { content, address } = fetched;
  switch (kind) {
    case "image":
      return <img src={address} alt={name} />;
    case "audio":
      return <audio src={address} controls autoPlay aria-label={name} />;
    case "video":
      return <video src={address} controls autoPlay aria-label={name} />;
    case "pdf":
      return <PdfPages content={content} name={name} />;
    case "other":
      return null;
  }
}
