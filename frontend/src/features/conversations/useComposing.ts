import { useState, type RefObject } from "react";
import { problemOf, useMessenger } from "../../app/hooks";
import type { Problem } from "../../realtime/state";
import type { Aim } from "./hands";
import { MAX_TEXT_BYTES } from "./limits";
import { mentionsIn } from "./mentions";
import type { Talk } from "./talk";
import { useDraft } from "./useDraft";

const bytesOf = (text: string) => new TextEncoder().encode(JSON.stringify({ text })).length;

interface Options {
  talk: Talk;
  field: RefObject<HTMLTextAreaElement | null>;
  aim: Aim | null;
  onAim: (aim: Aim | null) => void;
}

/** What is being written, as a message, an answer or an edit, and how it goes out. The draft stays behind an edit. */
export function useComposing({ talk, field, aim, onAim }: Options) {
  const messenger = useMessenger();
  const draft = useDraft(talk.id, talk.draft);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [wantsCritical, setCritical] = useState(false);
  const edited = aim?.kind === "edit" ? aim.message : null;
  const [edit, setEdit] = useState({ id: "", text: "" });
  if (edited !== null && edit.id !== edited.id) setEdit({ id: edited.id, text: edited.text });
  if (edited === null && edit.id !== "") setEdit({ id: "", text: "" });

  const text = edited === null ? draft.text : edit.text;
  const change = (next: string) => (edited === null ? draft.change(next) : setEdit({ id: edited.id, text: next }));
  const critical = wantsCritical && edited === null;
  const tooLong = text.length > MAX_TEXT_BYTES / 6 && bytesOf(text) > MAX_TEXT_BYTES;
  const empty = text.trim() === "";

  const send = async () => {
    if (empty || tooLong) return;
    const sent = text.trim();
    // The next one is an ordinary message again: nobody sends a critical one by accident.
    setCritical(false);
    setProblem(null);
    onAim(null);
    field.current?.focus();
    if (edited === null) change("");
    else if (sent === edited.text) return;
    try {
      const meant = mentionsIn(sent, talk.people);
      if (edited !== null) await messenger.editMessage(talk.id, edited.id, sent, meant);
      else await messenger.send(talk.id, sent, type(critical), aim?.message.id ?? null, meant);
    } catch (error) {
      setProblem(problemOf(error));
      setCritical(critical);
      // What has been typed meanwhile stays behind what could not be sent.
      const since = edited === null ? (field.current?.value ?? "") : draft.text;
      draft.change(since === "" ? sent : `${sent}\n${since}`);
    }
  };
  return { text, change, send, problem, critical, setCritical, tooLong, empty };
}

const type = (critical: boolean) => (critical ? "critical" : "secured");
