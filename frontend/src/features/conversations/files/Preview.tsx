import { Dialog, IconButton } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import { CloseIcon } from "../../../components/icons";
import { kindOf } from "../../../realtime/files/kinds";
import type { FileView } from "../../../realtime/state";

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

interface Props {
  file: FileView;
  /** Of what was verified to the last byte. */
  address: string;
  onClose: () => void;
}

/** Pictures, sound and film of the closed list in kinds.ts, by an address that only this page has. */
export function Preview({ file, address, onClose }: Props) {
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
        <Content kind={kindOf(file.type)} address={address} name={file.name} />
      </Body>
    </Dialog>
  );
}

function Content({ kind, address, name }: { kind: ReturnType<typeof kindOf>; address: string; name: string }) {
  switch (kind) {
    case "image":
      return <img src={address} alt={name} />;
    case "audio":
      return <audio src={address} controls autoPlay aria-label={name} />;
    case "video":
      return <video src={address} controls autoPlay aria-label={name} />;
    case "other":
      return null;
  }
}
