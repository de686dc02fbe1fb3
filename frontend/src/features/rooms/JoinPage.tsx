import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import { Link, Navigate, useParams } from "react-router";
import { Avatar } from "../../components/Avatar";
import { Column, PaneBody, PaneHeader, Secondary } from "../../components/Pane";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { forgetFragment, fragmentFor } from "../../lib/invitation";
import { paths } from "../../lib/paths";
import type { Id, Join, LinkTarget, Problem } from "../../realtime/state";

/** The one thing that stands on the page. */
const Said = styled("section")(({ theme }) => ({
  "& > h2": { ...theme.typography.h2, margin: "12px 0 4px" },
  "& > p": { margin: "0 0 16px" },
}));

/** Where an invitation link leads. What the room is called, and who is in it, is told to those in it. */
export function JoinPage() {
  const { code = "" } = useParams();
  return (
    <>
      <PaneHeader backTo={paths.home}>
        <h1>Join a room</h1>
      </PaneHeader>
      <PaneBody>
        <Column>
          <Said>
            <Invitation key={code} code={code} />
          </Said>
        </Column>
      </PaneBody>
    </>
  );
}

function Invitation({ code }: { code: string }) {
  const [fragment] = useState(() => fragmentFor(code));
  return fragment === null ? <Asked code={code} /> : <Invited code={code} fragment={fragment} />;
}

/** A page that was loaded anew has the link's secret no more, and still knows what this browser asked for. */
function Asked({ code }: { code: string }) {
  const messenger = useMessenger();
  /** Null: none, undefined: not known yet. */
  const [roomId, setRoomId] = useState<Id | null>();
  const look = useCommand(async () => setRoomId(await messenger.askedByLink(code)));
  const withdraw = useCommand(async (id: Id) => {
    await messenger.withdrawJoin(id);
    setRoomId(null);
  });
  const { run } = look;
  useEffect(() => {
    void run();
  }, [run]);
  const join = useAppSelector((state) => state.rooms.joins[roomId ?? ""]);
  const open = useIsOpen(roomId);
  if (look.problem !== null) return <Words title="This link does not let you in">{refusedWords(look.problem)}</Words>;
  if (roomId === undefined) return <Secondary role="status">Looking where the link leads…</Secondary>;
  if (roomId !== null && open) return <Navigate to={paths.conversation(roomId)} replace />;
  if (roomId === null) return <Words title="The link is not complete">Open it once more, as you got it.</Words>;
  if (join?.state === "declined")
    return <Words title="You were not let in">Open the link once more to ask again.</Words>;
  return (
    <>
      <h2>You asked to join a room</h2>
      <Secondary role="status">It opens here when somebody in it lets you in.</Secondary>
      {withdraw.problem !== null && <p role="alert">{problemWords(withdraw.problem)}</p>}
      <Button disabled={withdraw.running} onClick={() => void withdraw.run(roomId)}>
        Ask no more
      </Button>
    </>
  );
}

function useIsOpen(roomId: Id | null | undefined): boolean {
  const room = useAppSelector((state) => state.rooms.all?.[roomId ?? ""]);
  return room !== undefined && room.stage.kind !== "left";
}

function Invited({ code, fragment }: { code: string; fragment: string }) {
  const messenger = useMessenger();
  const [target, setTarget] = useState<LinkTarget | null>(null);
  const look = useCommand(async (from: string) => setTarget(await messenger.lookAtLink(code, from)));
  const { run } = look;
  useEffect(() => {
    void run(fragment);
  }, [fragment, run]);
  const open = useIsOpen(target?.roomId);
  useEffect(() => {
    if (open) forgetFragment();
  }, [open]);
  if (target !== null && open) return <Navigate to={paths.conversation(target.roomId)} replace />;
  if (look.problem !== null) return <Words title="This link does not let you in">{refusedWords(look.problem)}</Words>;
  if (target === null) return <Secondary role="status">Looking where the link leads…</Secondary>;
  return <Asking target={target} code={code} fragment={fragment} />;
}

function Words({ title, children }: { title: string; children: string }) {
  return (
    <>
      <h2>{title}</h2>
      <Secondary role="alert">{children}</Secondary>
      <Button component={Link} to={paths.home}>
        To your conversations
      </Button>
    </>
  );
}

function Asking({ target, code, fragment }: { target: LinkTarget; code: string; fragment: string }) {
  const messenger = useMessenger();
  const join = useAppSelector((state) => state.rooms.joins[target.roomId]);
  const ask = useCommand(() => messenger.askToJoin(code, fragment));
  const withdraw = useCommand(() => messenger.withdrawJoin(target.roomId));
  const waits = join?.state === "waiting";
  const problem = ask.problem ?? withdraw.problem;
  return (
    <>
      <Avatar id={target.inviter.id} name={target.inviter.username} size={44} />
      <h2>
        <bdi>{target.inviter.username}</bdi> invites you to a room
      </h2>
      <Secondary role="status">{stateWords(join, target)}</Secondary>
      {problem !== null && <p role="alert">{problemWords(problem)}</p>}
      {waits ? (
        <Button disabled={withdraw.running} onClick={() => void withdraw.run()}>
          Ask no more
        </Button>
      ) : (
        <Button variant="contained" color="primary" disabled={ask.running} onClick={() => void ask.run()}>
          {askWords(ask.running, join, target)}
        </Button>
      )}
    </>
  );
}

function refusedWords(problem: Problem): string {
  if (problem.code === "not_allowed") return "You cannot come into this room.";
  return problem.code === "already_member" ? "You are in this room already." : problemWords(problem);
}

function stateWords(join: Join | undefined, { approval }: LinkTarget): string {
  if (join?.state === "declined") return "You were not let in. You may ask again.";
  if (join?.state === "waiting") {
    return approval
      ? "You asked to join. Somebody in the room has to let you in; the room opens here when they do."
      : "You asked to join. The room opens here as soon as somebody of it is online.";
  }
  return approval
    ? "What it is called and who is in it you see inside. Somebody in the room has to let you in."
    : "What it is called and who is in it you see inside.";
}

function askWords(running: boolean, join: Join | undefined, { approval }: LinkTarget): string {
  if (running) return "Asking…";
  if (join?.state === "declined") return "Ask again";
  return approval ? "Ask to join" : "Join";
}
