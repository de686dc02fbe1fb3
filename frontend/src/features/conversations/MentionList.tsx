import { styled } from "@mui/material/styles";
import { Avatar } from "../../components/Avatar";
import type { Mentionable } from "./mentions";

const List = styled("ul")(({ theme }) => ({
  margin: "0 0 6px",
  padding: 4,
  listStyle: "none",
  borderRadius: 12,
  background: theme.palette.surface,
  boxShadow: theme.float,
}));

const Option = styled("li")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 10,
  minHeight: 40,
  padding: "0 8px",
  borderRadius: 8,
  cursor: "pointer",
  "&:hover": { background: theme.palette.hover },
  "&[aria-selected=true]": { background: theme.palette.chosen },
  [theme.touch]: { minHeight: 44 },
}));

export const MENTION_LIST = "mention-list";
export const optionId = (id: string) => `mention-${id}`;

interface Props {
  people: readonly Mentionable[];
  chosen: string;
  onPick: (person: Mentionable) => void;
}

/** Above the composer while a name is written; the field keeps the focus. */
export function MentionList({ people, chosen, onPick }: Props) {
  return (
    <List role="listbox" id={MENTION_LIST} aria-label="People to mention">
      {people.map((person) => (
        <Option
          key={person.id}
          id={optionId(person.id)}
          role="option"
          aria-selected={person.id === chosen}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(person)}
        >
          <Avatar id={person.id} name={person.name} size={24} />
          <bdi>{person.name}</bdi>
        </Option>
      ))}
    </List>
  );
}
