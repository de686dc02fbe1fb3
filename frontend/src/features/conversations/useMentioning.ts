import { useState, type KeyboardEvent, type RefObject } from "react";
import { begun, matching, type Mentionable } from "./mentions";

interface Options {
  field: RefObject<HTMLTextAreaElement | null>;
  people: readonly Mentionable[];
  change: (text: string) => void;
}

/** Offers names while one is written behind an @. Enter and Tab take the chosen one, Escape lets it be. */
export function useMentioning({ field, people, change }: Options) {
  const [writing, setWriting] = useState<{ at: number; typed: string } | null>(null);
  const [index, setIndex] = useState(0);
  const offered = writing === null ? [] : matching(writing.typed, people);
  const chosen = offered[Math.min(index, offered.length - 1)] ?? null;

  /** After each change of the text or of the caret. */
  const look = () => {
    const input = field.current;
    const next = input === null ? null : begun(input.value, input.selectionStart);
    if (next?.at !== writing?.at || next?.typed !== writing?.typed) setIndex(0);
    setWriting(next);
  };

  const pick = ({ name }: Mentionable) => {
    const input = field.current;
    if (input === null || writing === null) return;
    input.setRangeText(`@${name} `, writing.at, input.selectionStart, "end");
    change(input.value);
    setWriting(null);
    input.focus();
  };

  /** True: the key was for the list. */
  const onKey = (event: KeyboardEvent): boolean => {
    if (chosen === null || event.nativeEvent.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setIndex((Math.min(index, offered.length - 1) + step + offered.length) % offered.length);
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") pick(chosen);
    else if (event.key === "Escape") setWriting(null);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  return { offered, chosen, look, pick, onKey, close: () => setWriting(null) };
}
