import { Secondary } from "../../components/Pane";
import { SwitchRow } from "../../components/SwitchRow";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Privacy } from "../../realtime/state";

const SWITCHES: { name: keyof Privacy; label: string; meaning: string }[] = [
  {
    name: "receipts",
    label: "Read receipts",
    meaning: "Others see when you have read their messages, and you see when they have read yours.",
  },
  { name: "typing", label: "Writing", meaning: "Others see that you are writing, and you see when they are." },
  { name: "presence", label: "Online", meaning: "People you are connected with see when you are here." },
];

/** Each holds in all browsers of the account; the server neither sees nor turns them. */
export function PrivacySwitches() {
  const messenger = useMessenger();
  const privacy = useAppSelector((state) => state.auth.privacy);
  const set = useCommand((change: Partial<Privacy>) => messenger.setPrivacy(change));
  return (
    <>
      <p>What you switch off, all your browsers keep to themselves.</p>
      {SWITCHES.map(({ name, label, meaning }) => (
        <SwitchRow
          key={name}
          label={label}
          meaning={meaning}
          checked={privacy?.[name] ?? true}
          disabled={privacy === null || set.running}
          onChange={(on) => void set.run({ [name]: on })}
        />
      ))}
      {set.problem !== null && <Secondary role="alert">{problemWords(set.problem)}</Secondary>}
    </>
  );
}
