import { Button, MenuItem, Select } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { CopyButton } from "../../components/CopyButton";
import { Secondary, Section } from "../../components/Pane";
import { useCommand, useMessenger, useNow } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { inSentence } from "../../lib/time";
import { plural } from "../../lib/text";
import type { Id, Room, RoomLink } from "../../realtime/state";
import { RANK } from "../../app/ranks";

const HOUR = 3_600_000;
const LASTS = [
  { ms: HOUR, word: "an hour" },
  { ms: 24 * HOUR, word: "a day" },
  { ms: 7 * 24 * HOUR, word: "a week" },
  { ms: 30 * 24 * HOUR, word: "30 days" },
];
const USES = [1, 5, 25, 100];
const MINUTE = 60_000;

const Limits = styled("div")(({ theme }) => ({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "baseline",
  gap: "4px 8px",
  margin: "4px 0 8px",
  "& .MuiSelect-select": { display: "flex", alignItems: "center", minHeight: 36 },
  [theme.touch]: { "& .MuiSelect-select.MuiInputBase-input": { minHeight: 44 } },
}));

const Made = styled("div")(({ theme }) => ({
  margin: "0 0 12px",
  "& code": {
    display: "block",
    margin: "0 0 8px",
    padding: "8px 10px",
    borderRadius: 6,
    background: theme.palette.sunken,
    fontFamily: theme.mono,
    fontSize: 12,
    overflowWrap: "anywhere",
    maxHeight: 92,
    overflowY: "auto",
  },
}));

const Row = styled("div")({
  display: "flex",
  alignItems: "center",
  gap: 8,
  minHeight: 52,
  marginTop: 8,
  "& > div": { flex: 1 },
});

const whole = (path: string) => new URL(path, location.origin).href;

/** Invitation links of a room: made with limits, copied by whoever made them, revoked. */
export function Links({ room, selfId }: { room: Room; selfId: Id }) {
  const now = useNow(MINUTE);
  const [made, setMade] = useState<string | null>(null);
  const messenger = useMessenger();
  const [lasts, setLasts] = useState(24 * HOUR);
  const [uses, setUses] = useState(5);
  const make = useCommand(async () => {
    setMade(whole(await messenger.makeLink(room.id, { expiry: Date.now() + lasts, allowed: uses })));
  });
  return (
    <Section aria-labelledby="room-links">
      <h2 id="room-links">Invitation links</h2>
      <Secondary>
        {room.settings.approval ? "Whoever has a link can ask to come in." : "Whoever has a link can come in."} Its
        secret is in the link alone; the server never sees it.
      </Secondary>
      <Limits>
        For
        <Select
          variant="standard"
          disableUnderline
          value={uses}
          inputProps={{ "aria-label": "For how many people" }}
          onChange={(event) => setUses(event.target.value)}
        >
          {USES.map((count) => (
            <MenuItem key={count} value={count}>
              {plural(count, "person", "people")}
            </MenuItem>
          ))}
        </Select>
        within
        <Select
          variant="standard"
          disableUnderline
          value={lasts}
          inputProps={{ "aria-label": "For how long" }}
          onChange={(event) => setLasts(event.target.value)}
        >
          {LASTS.map(({ ms, word }) => (
            <MenuItem key={ms} value={ms}>
              {word}
            </MenuItem>
          ))}
        </Select>
      </Limits>
      {made !== null && (
        <Made>
          <code>{made}</code>
          <CopyButton text={made}>Copy the link</CopyButton>
        </Made>
      )}
      {make.problem !== null && <p role="alert">{problemWords(make.problem)}</p>}
      <Button disabled={make.running} onClick={() => void make.run()}>
        {make.running ? "Making a link…" : "Invite by link"}
      </Button>
      {room.links.map((link) => (
        <LinkRow key={link.id} room={room} link={link} selfId={selfId} now={now} onShow={setMade} />
      ))}
    </Section>
  );
}

interface RowProps {
  room: Room;
  link: RoomLink;
  selfId: Id;
  now: number;
  onShow: (address: string) => void;
}

function LinkRow({ room, link, selfId, now, onShow }: RowProps) {
  const messenger = useMessenger();
  const mine = link.by === selfId;
  const name = mine ? "You" : (room.people.find(({ id }) => id === link.by)?.username ?? "Somebody who left");
  const [elsewhere, setElsewhere] = useState(false);
  const show = useCommand(async () => {
    const path = await messenger.linkAgain(link.id);
    if (path === null) setElsewhere(true);
    else onShow(whole(path));
  });
  const revoke = useCommand(() => messenger.changeRoom(room.id, { act: "revoke_link", link: link.id }));
  const mayRevoke = mine || RANK[room.role] >= room.settings.remove;
  return (
    <>
      <Row>
        <div>
          <div>
            <bdi>{name}</bdi>
          </div>
          <Secondary>{stateOf(link, now)}</Secondary>
        </div>
        {mine && lasting(link, now) && (
          <Button size="small" disabled={show.running} onClick={() => void show.run()}>
            Show
          </Button>
        )}
        {mayRevoke && (
          <Button size="small" color="error" disabled={revoke.running} onClick={() => void revoke.run()}>
            Revoke
          </Button>
        )}
      </Row>
      {elsewhere && <Secondary role="status">You made this link in another browser: it can be shown there.</Secondary>}
      {revoke.problem !== null && <p role="alert">{problemWords(revoke.problem)}</p>}
    </>
  );
}

const lasting = ({ works, expiresAt, used, allowed }: RoomLink, now: number) =>
  works && expiresAt > now && used < allowed;

function stateOf({ works, expiresAt, used, allowed }: RoomLink, now: number): string {
  const counted = `${used} of ${plural(allowed, "person", "people")}`;
  if (!works) return `${counted} · lets nobody in: who made it may not invite any more`;
  if (used >= allowed) return `${counted} · used up`;
  return expiresAt <= now ? `${counted} · expired` : `${counted} · until ${inSentence(expiresAt, now)}`;
}
