import { useCallback, useEffect, useState, type RefObject } from "react";
import { problemOf, useMessenger } from "../../app/hooks";
import type { Editing, Problem } from "../../realtime/state";
import { type Aim, useHands } from "./hands";
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

const isEmptyText = (text: string) => text === "";
const isNone = (editing: Editing | null) => editing === null;

/** What is being written, as a message, an answer or an edit, and how it goes out. The draft stays behind an edit; both are kept. */
export function useComposing({ talk, field, aim, onAim }: Options) {
  const { id } = talk;
  const messenger = useMessenger();
  const { toNewest } = useHands();
  const saveDraft = useCallback((text: string) => messenger.saveDraft(id, text), [messenger, id]);
  const saveEditing = useCallback((editing: Editing | null) => messenger.saveEditing(id, editing), [messenger, id]);
  const draft = useDraft(talk.draft, isEmptyText, saveDraft);
  const edit = useDraft(talk.editing, isNone, saveEditing);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [wantsCritical, setCritical] = useState(false);
  useEffect(() => () => messenger.typing(id, false), [messenger, id]);
  const edited = aim?.kind === "edit" ? aim.message : null;

  const text = edited === null ? draft.value : edit.value?.messageId === edited.id ? edit.value.text : edited.text;
  const change = (next: string) => {
    if (edited !== null) edit.change({ messageId: edited.id, text: next });
    else draft.change(next);
    messenger.typing(id, next.trim() !== "");
  };
  /** Back to a new message; what was written of an edit is gone. */
  const letGo = () => {
    onAim(null);
    if (edit.value !== null) edit.change(null);
  };
  const critical = wantsCritical && edited === null;
  const tooLong = text.length > MAX_TEXT_BYTES / 6 && bytesOf(text) > MAX_TEXT_BYTES;
  const empty = text.trim() === "";

  const send = async () => {
    if (empty || tooLong) return;
    const sent = text.trim();
    // The next one is an ordinary message again: nobody sends a critical one by accident.
    setCritical(false);
    setProblem(null);
    letGo();
    messenger.typing(id, false);
    field.current?.focus();
    if (edited === null) change("");
    else if (sent === edited.text) return;
    try {
      const meant = mentionsIn(sent, talk.people);
      if (edited !== null) await messenger.editMessage(talk.id, edited.id, sent, meant);
      else {
        await messenger.send(talk.id, sent, type(critical), aim?.message.id ?? null, meant);
        toNewest();
      }
    } catch (error) {
      setProblem(problemOf(error));
      setCritical(critical);
      // What has been typed meanwhile stays behind what could not be sent.
      const since = edited === null ? (field.current?.value ?? "") : draft.value;
      draft.change(since === "" ? sent : `${sent}\n${since}`);
    }
  };
  return { text, change, letGo, send, problem, critical, setCritical, tooLong, empty };
}

const type = (critical: boolean) => (critical ? "critical" : "secured");
