import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useState, type ReactNode } from "react";
import { Callout } from "../../components/Callout";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { BrowserIcon, KeyIcon } from "../../components/icons";
import { Secondary } from "../../components/Pane";
import { LinesSkeleton } from "../../components/Skeletons";
import { useAppSelector, useCommand, useMessenger, useNow } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { inSentence } from "../../lib/time";
import type { OwnDevice, SignIn } from "../../realtime/state";
import { RemoveOtherBrowser } from "./RemoveOtherBrowser";

const Line = styled("li")(({ theme }) => ({
  display: "grid",
  gridTemplateColumns: "20px 1fr auto",
  alignItems: "start",
  columnGap: 12,
  padding: "8px 0",
  listStyle: "none",
  "& > svg": { marginTop: 1, color: theme.palette.text.secondary },
  [theme.breakpoints.down("sm")]: {
    gridTemplateColumns: "20px 1fr",
    "& > :nth-of-type(2)": { gridColumn: 2, marginTop: 4 },
  },
}));

const Acts = styled("div")({ display: "flex", flexWrap: "wrap", gap: 8 });

/** The account's browsers, whether they are signed in, and programs that have no keys. */
export function SignIns() {
  const messenger = useMessenger();
  const devices = useAppSelector((state) => state.auth.devices);
  const signIns = useAppSelector((state) => state.auth.signIns);
  const load = useCommand(() => Promise.all([messenger.loadOwnDevices(), messenger.loadSignIns()]));
  const now = useNow(60_000);
  const { run } = load;
  useEffect(() => void run(), [run]);

  if (load.problem !== null && (devices === null || signIns === null)) {
    return (
      <Callout tone="caution" actions={<Button onClick={() => void run()}>Try again</Button>}>
        {problemWords(load.problem)}
      </Callout>
    );
  }
  if (devices === null || signIns === null) return <LinesSkeleton count={3} label="Loading browsers" />;
  const others = signIns.filter(({ current }) => !current);
  const programs = signIns.filter(({ deviceId }) => deviceId === null);
  return (
    <>
      <ul style={{ margin: 0, padding: 0 }}>
        {devices.map((device, index) => (
          <DeviceLine
            key={device.id}
            device={device}
            name={`Browser ${index + 1}`}
            signIns={signIns.filter(({ deviceId }) => deviceId === device.id)}
            now={now}
          />
        ))}
        {programs.map((program) => (
          <Line key={program.id}>
            <KeyIcon />
            <div>
              A program without keys
              <Secondary>
                Signed in {inSentence(program.createdAt, now)} · last used {inSentence(program.lastUsedAt, now)}
              </Secondary>
            </div>
            <Acts>
              <SignOutButton signIns={[program]} name="this program" />
            </Acts>
          </Line>
        ))}
      </ul>
      {others.length > 1 && <SignOutOthers count={others.length} />}
    </>
  );
}

interface DeviceLineProps {
  device: OwnDevice;
  name: string;
  signIns: SignIn[];
  now: number;
}

function DeviceLine({ device, name, signIns, now }: DeviceLineProps) {
  const removable = device.revokedAt === null && !device.current;
  return (
    <Line aria-label={name}>
      <BrowserIcon />
      <div>
        {name}
        {device.current && " · this one"}
        <Secondary>{deviceSays(device, signIns, now)}</Secondary>
      </div>
      {removable && (
        <Acts>
          {signIns.length > 0 && <SignOutButton signIns={signIns} name={name.toLowerCase()} />}
          <RemoveOtherBrowser deviceId={device.id} name={name} />
        </Acts>
      )}
    </Line>
  );
}

function deviceSays({ createdAt, revokedAt, lastSeenAt, current }: OwnDevice, signIns: SignIn[], now: number): string {
  if (revokedAt !== null) return `Removed ${inSentence(revokedAt, now)}`;
  const added = `Added ${inSentence(createdAt, now)}`;
  if (current) return added;
  const seen = lastSeenAt === null ? added : `${added} · last seen ${inSentence(lastSeenAt, now)}`;
  return signIns.length > 0 ? seen : `${seen} · signed out`;
}

function SignOutButton({ signIns, name }: { signIns: SignIn[]; name: string }) {
  const messenger = useMessenger();
  const end = useCommand(async () => {
    for (const { id } of signIns) await messenger.endSignIn(id);
  });
  return (
    <Danger
      label="Sign out"
      spoken={`Sign out ${name}`}
      title={`Sign out ${name}?`}
      action={`Sign out ${name}`}
      command={end}
      text="It keeps its messages, sealed, until somebody signs in there with your password."
    />
  );
}

function SignOutOthers({ count }: { count: number }) {
  const messenger = useMessenger();
  const end = useCommand(() => messenger.endOtherSignIns());
  return (
    <div style={{ marginTop: 12 }}>
      <Danger
        label="Sign out everywhere else"
        title="Sign out everywhere else?"
        action={`Sign out ${count} others`}
        command={end}
        text="Only this browser stays signed in. If somebody may know your password, change it instead: that signs out the others too."
      />
    </div>
  );
}

interface DangerProps {
  label: string;
  /** Where the label stands more than once. */
  spoken?: string;
  title: string;
  action: string;
  text: ReactNode;
  command: ReturnType<typeof useCommand<[]>>;
}

/** A button that asks once, and names what follows. */
function Danger({ label, spoken, title, action, text, command }: DangerProps) {
  const [asking, setAsking] = useState(false);
  const close = () => {
    setAsking(false);
    command.clear();
  };
  return (
    <>
      <Button size="small" aria-label={spoken} onClick={() => setAsking(true)}>
        {label}
      </Button>
      <ConfirmDialog
        open={asking}
        title={title}
        action={action}
        running={command.running}
        problem={command.problem === null ? null : problemWords(command.problem)}
        onConfirm={() => void command.run().then((done) => (done ? close() : undefined))}
        onClose={close}
      >
        <p>{text}</p>
      </ConfirmDialog>
    </>
  );
}
