import { styled } from "@mui/material/styles";
import { BrowserIcon } from "../../components/icons";
import { useNow } from "../../app/hooks";
import { fingerprintGroups } from "../../lib/fingerprint";
import { inSentence } from "../../lib/time";
import type { DeviceDetails } from "../../realtime/state";

const List = styled("ul")({ margin: 0, padding: 0, listStyle: "none", display: "grid", gap: 10 });
const Item = styled("li")(({ theme }) => ({
  ...theme.typography.body2,
  display: "grid",
  gridTemplateColumns: "20px 1fr",
  columnGap: 10,
  "& svg": { color: theme.palette.text.secondary },
  "& span": { color: theme.palette.text.secondary },
  "& code": { fontFamily: theme.mono, fontSize: 12, color: theme.palette.text.secondary },
}));

function says(device: DeviceDetails, now: number): string {
  if (device.revoked) return "Removed";
  return `Since ${inSentence(device.createdAt, now).replace(/^on /u, "")}${device.member ? "" : " · not in this conversation"}`;
}

/** The browsers of both; each is certified by its owner's account key. */
export function Devices({ devices, self, peer }: { devices: DeviceDetails[]; self: string; peer: string }) {
  const now = useNow(60_000);
  const number = new Map<string, number>();
  const rows = devices.map((device) => {
    const nth = (number.get(device.userId) ?? 0) + 1;
    number.set(device.userId, nth);
    return { device, nth };
  });
  return (
    <List>
      {rows.map(({ device, nth }) => (
        <Item key={device.id}>
          <BrowserIcon />
          <div>
            <div>
              {device.userId === self ? "Your" : `${peer},`} browser {nth}
              {device.current && " · this one"}
            </div>
            <span>{says(device, now)}</span>
            <div>
              <code>{fingerprintGroups(device.keyHash).slice(0, 3).join(" ")}</code>
            </div>
          </div>
        </Item>
      ))}
    </List>
  );
}
