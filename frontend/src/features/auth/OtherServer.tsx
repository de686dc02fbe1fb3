import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { Link } from "react-router";
import { Callout } from "../../components/Callout";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import type { Kept } from "../../realtime/state";

const Holder = styled("div")({ marginBottom: 18 });

/** A reset database, or another server at the same address: named, never followed; the person decides what becomes of the store. */
export function OtherServer({ kept }: { kept: Kept }) {
  const messenger = useMessenger();
  const [asking, setAsking] = useState(false);
  const erase = useCommand(() => messenger.eraseKept(kept.userId));
  return (
    <Holder>
      <Callout
        tone="caution"
        title="Another server answers here now"
        actions={
          <>
            <Button size="small" component={Link} to={paths.register}>
              Make a new account
            </Button>
            <Button size="small" color="error" onClick={() => setAsking(true)}>
              Erase what is kept
            </Button>
          </>
        }
      >
        <p>
          This browser keeps the messages of <bdi>{kept.username}</bdi>, sealed, from a server with another name. Its
          database was started anew, or this is not the same server. The account is unknown here.
        </p>
        <p>What is kept stays sealed, and opens again if that server comes back.</p>
      </Callout>
      <ConfirmDialog
        open={asking}
        title={`Erase what is kept of ${kept.username}?`}
        action="Erase messages and keys here"
        running={erase.running}
        problem={erase.problem === null ? null : problemWords(erase.problem)}
        onConfirm={() => void erase.run()}
        onClose={() => setAsking(false)}
      >
        <p>The messages and keys that this browser keeps of that account are gone for good.</p>
      </ConfirmDialog>
    </Holder>
  );
}
