import { Button } from "@mui/material";
import { CopyButton } from "../../components/CopyButton";
import { DigitGroups } from "../../components/DigitGroups";
import { FileIcon } from "../../components/icons";
import { Secondary } from "../../components/Pane";
import { useNow } from "../../app/hooks";
import { fingerprintGroups } from "../../lib/fingerprint";
import { save } from "../../lib/save";
import type { KeysView } from "../../realtime/keys";
import { Buttons, Card } from "./parts";
import { publicKeysFile } from "./publicKeys";

/** The key that others know one by: the same digits as in the details of each conversation. */
export function AccountKey({ keys }: { keys: KeysView }) {
  const groups = fingerprintGroups(keys.account.keyHash);
  const file = publicKeysFile(keys, useNow(60_000));
  return (
    <Card>
      <h3>Your fingerprint</h3>
      <DigitGroups groups={groups} label="Your fingerprint" />
      <Secondary>
        It stays the same for as long as you have this account. Everybody you write with finds these digits in the
        details of your conversation.
      </Secondary>
      <Buttons>
        <CopyButton size="small" text={groups.join(" ")}>
          Copy fingerprint
        </CopyButton>
        <CopyButton size="small" text={file}>
          Copy public keys
        </CopyButton>
        <Button
          size="small"
          startIcon={<FileIcon size={16} />}
          onClick={() => save(new Blob([file]), `${keys.username}-public-keys.json`)}
        >
          Save public keys
        </Button>
      </Buttons>
    </Card>
  );
}
