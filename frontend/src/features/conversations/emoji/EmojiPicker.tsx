import { Button, Popover, type PopoverProps } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import { flushSync } from "react-dom";
import { useMessenger } from "../../../app/hooks";
import type * as emojiData from "./emoji";
import { EmojiGrid } from "./EmojiGrid";

const Place = styled("div")(({ theme }) => ({
  width: 308,
  height: 372,
  display: "flex",
  flexDirection: "column",
  [theme.touch]: { width: 324 },
}));

const Failed = styled("div")({ margin: "auto", padding: 16, display: "grid", gap: 8, justifyItems: "center" });

interface Props extends Pick<PopoverProps, "anchorOrigin" | "transformOrigin"> {
  label: string;
  /** Where it opens; null: it is closed. */
  anchor: HTMLElement | null;
  onPick: (emoji: string) => void;
  onClose: () => void;
}

/** All emoji, to be searched and walked through by keyboard. What was picked before is kept in this browser, sealed. */
export function EmojiPicker({ label, anchor, onPick, onClose, ...origins }: Props) {
  const messenger = useMessenger();
  return (
    <Popover
      open={anchor !== null}
      anchorEl={anchor}
      onClose={onClose}
      {...origins}
      slotProps={{ paper: { role: "dialog", "aria-label": label } }}
    >
      <Place>
        <Inside
          onPick={(emoji) => {
            messenger.rememberEmoji(emoji);
            // Closing gives the focus back to where it was; whoever picked may take it further.
            flushSync(onClose);
            onPick(emoji);
          }}
        />
      </Place>
    </Popover>
  );
}

function Inside({ onPick }: { onPick: (emoji: string) => void }) {
  const messenger = useMessenger();
  const [loaded, setLoaded] = useState<{ data: typeof emojiData; recent: string[] } | "failed" | null>(null);
  useEffect(() => {
    if (loaded !== null) return;
    let gone = false;
    Promise.all([import("./emoji"), messenger.recentEmoji()]).then(
      ([data, recent]) => !gone && setLoaded({ data, recent }),
      () => !gone && setLoaded("failed"),
    );
    return () => {
      gone = true;
    };
  }, [messenger, loaded]);

  if (loaded === null) return null;
  if (loaded === "failed")
    return (
      <Failed role="alert">
        The emoji could not be fetched.
        <Button size="small" autoFocus onClick={() => setLoaded(null)}>
          Try again
        </Button>
      </Failed>
    );
  return <EmojiGrid {...loaded} onPick={onPick} />;
}
