import { DigitGroups } from "../../components/DigitGroups";
import { Secondary } from "../../components/Pane";
import { fingerprintGroups } from "../../lib/fingerprint";
import type { KeysView } from "../../realtime/keys";
import { Card } from "./parts";

/** As this account's signed list has them; numbered as on the account page. */
export function OtherBrowsers({ keys }: { keys: KeysView }) {
  const sorted = [...keys.devices].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  const others = sorted.filter(({ deviceId }) => deviceId !== keys.device.deviceId);
  if (others.length === 0) return <Secondary>This is the only browser of your account.</Secondary>;
  return others.map(({ deviceId, keyHash, mlKem }, index) => {
    const name = others.length === 1 ? "The other browser" : `Browser ${index + 1} of ${others.length}`;
    return (
      <Card key={deviceId}>
        <h3>{name}</h3>
        <DigitGroups groups={fingerprintGroups(keyHash)} label={`Fingerprint of ${name.toLowerCase()}`} />
        <Secondary>
          {mlKem === null
            ? "Its key for fresh randomness is not known here."
            : `Its key for fresh randomness is number ${mlKem.number}.`}
        </Secondary>
      </Card>
    );
  });
}
