import { Button, Checkbox, Dialog, DialogActions, DialogContent, DialogTitle, FormControlLabel } from "@mui/material";
import { useId, useState } from "react";
import { useNavigate } from "react-router";
import { Avatar } from "../../components/Avatar";
import { Field } from "../../components/Field";
import { Name, Secondary } from "../../components/Pane";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectPeople } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import type { Id } from "../../realtime/state";
import { MAX_NAME, MAX_TOPIC } from "./limits";

/** Name, topic, and the connected people who are in it from the start. */
export function CreateRoom({ open, onClose }: { open: boolean; onClose: () => void }) {
  const id = useId();
  return (
    <Dialog open={open} onClose={onClose} maxWidth="xs" fullWidth aria-labelledby={id}>
      <Form titleId={id} onClose={onClose} />
    </Dialog>
  );
}

function Form({ titleId, onClose }: { titleId: string; onClose: () => void }) {
  const messenger = useMessenger();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<Id>>(new Set());
  const create = useCommand(async () => {
    const id = await messenger.createRoom({ name: name.trim(), topic: topic.trim(), people: [...chosen] });
    onClose();
    await navigate(paths.conversation(id));
  });
  const toggle = (id: Id) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void create.run();
      }}
    >
      <DialogTitle id={titleId} variant="h2" sx={{ p: 5, pb: 2 }}>
        New room
      </DialogTitle>
      <DialogContent sx={{ px: 5, pb: 2, display: "grid", gap: 4 }}>
        <Field
          label="Name"
          value={name}
          onChange={setName}
          autoFocus
          help="Only people in the room see it; the server does not."
          input={{ maxLength: MAX_NAME, autoComplete: "off" }}
        />
        <Field
          label="Topic"
          value={topic}
          onChange={setTopic}
          help="What it is about, if you like."
          input={{ maxLength: MAX_TOPIC, autoComplete: "off" }}
        />
        <Choice chosen={chosen} onToggle={toggle} />
        {create.problem !== null && <p role="alert">{problemWords(create.problem)}</p>}
      </DialogContent>
      <DialogActions sx={{ p: 5, pt: 3, gap: 2 }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="contained"
          color="primary"
          disabled={name.trim() === "" || create.running}
          sx={{ ml: "0 !important" }}
        >
          {create.running ? "Making keys…" : "Create room"}
        </Button>
      </DialogActions>
    </form>
  );
}

function Choice({ chosen, onToggle }: { chosen: ReadonlySet<Id>; onToggle: (id: Id) => void }) {
  const people = (useAppSelector(selectPeople) ?? []).filter(
    (person) => person.connectedAt !== null && !person.blocked,
  );
  if (people.length === 0) return <Secondary>Nobody to add yet: people you connect with can be added later.</Secondary>;
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
      <legend style={{ padding: 0, marginBottom: 4, fontWeight: 600, fontSize: 13 }}>People</legend>
      <div style={{ maxHeight: 240, overflowY: "auto", display: "grid" }}>
        {people.map(({ id, username }) => (
          <FormControlLabel
            key={id}
            sx={{ m: 0, minHeight: 44, gap: 1, minWidth: 0, "& .MuiFormControlLabel-label": { minWidth: 0 } }}
            control={<Checkbox size="small" checked={chosen.has(id)} onChange={() => onToggle(id)} />}
            label={
              <span style={{ display: "flex", alignItems: "center", gap: 10, minWidth: 0 }}>
                <Avatar id={id} name={username} size={28} />
                <Name>{username}</Name>
              </span>
            }
          />
        ))}
      </div>
    </fieldset>
  );
}
