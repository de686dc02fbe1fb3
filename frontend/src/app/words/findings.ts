import type { Finding, FindingKind } from "../../realtime/state";

interface FindingWords {
  title: string;
  meaning: string;
}

const WORDS: Record<FindingKind, FindingWords> = {
  fork: {
    title: "The server showed two versions of this conversation",
    meaning: "You and others in it were given different histories.",
  },
  dropped: {
    title: "The server left something out",
    meaning: "A message or change that was logged did not arrive here.",
  },
  reordered: {
    title: "The server changed the order of messages",
    meaning: "Messages did not arrive in the order they were logged.",
  },
  replayed: { title: "The server sent an old message again", meaning: "The copy was recognised and is not shown." },
  altered: { title: "The server altered a message", meaning: "What arrived is not what was sent. It is not shown." },
  flipped_type: {
    title: "A message is marked differently outside than inside",
    meaning: "Whether it is critical is sealed in the message itself. What its outside said was not believed.",
  },
  wrong_expiry: {
    title: "A message said another time after which it disappears",
    meaning: "The time for this conversation is set by those in it, for all messages alike. It is not shown.",
  },
  unsigned: {
    title: "A critical message came without its signature",
    meaning: "Its author’s browser signs every critical message. Ask them whether they sent it.",
  },
  bad_signature: {
    title: "A critical message came with a wrong signature",
    meaning: "At least one half was not made by its author’s browser for this message. Ask them whether they sent it.",
  },
  no_receipt: {
    title: "The server gave no receipt for a critical message",
    meaning: "The server must sign that it took the message. Without that it could deny it.",
  },
  foreign_receipt: {
    title: "A receipt was signed by a wrong key",
    meaning: "The receipt of a critical message is not signed by the key that this browser knows of the server.",
  },
  other_receipt: {
    title: "The server gave the receipt of another message",
    meaning: "It does not belong to the critical message that it came with.",
  },
  wrong_author: {
    title: "A message came under a wrong name",
    meaning: "The server named another sender than the one who encrypted it. It is not shown.",
  },
  forged_again: {
    title: "Somebody sent again what was not written so",
    meaning: "What was to take the place of a missed message is not what its author wrote then. It is not shown.",
  },
  forged_change: {
    title: "Somebody tried to change a message that they may not change",
    meaning:
      "Only its author can edit or delete a message, and in a room moderators can remove those of members, and only they can pin. Nobody can edit a critical one. What was tried here was ignored.",
  },
  bad_commit: {
    title: "A change of keys was refused",
    meaning: "It broke the rules of this conversation and was not followed.",
  },
  swapped_leaf: {
    title: "Somebody tried to slip another device in",
    meaning: "A change of keys put a foreign key in a member’s place. It was refused.",
  },
  doubled_key: { title: "Two devices claimed the same key", meaning: "The change of keys that did it was refused." },
  ghost_member: {
    title: "Somebody tried to add an unknown device",
    meaning: "A device that belongs to nobody in this conversation was to join. It was refused.",
  },
  role_missing: {
    title: "A member did what their role does not allow",
    meaning: "Their browser tried something in this room that only others may do. It does not count here.",
  },
  ghost_recipient: {
    title: "A secret was addressed to an unknown device",
    meaning: "New keys were to be shared with a device that is not in this conversation. They were refused.",
  },
  swapped_key: {
    title: "The server handed out a wrong key for a person",
    meaning:
      "What they say their key is and what the server showed for them differ. Nothing goes to them before you compared the safety number in person.",
  },
  renamed: {
    title: "The server changed a person’s name",
    meaning: "Names never change here. You still see the one that this browser knows.",
  },
  bad_contribution: {
    title: "Fresh randomness with a wrong signature",
    meaning: "What was to come from the server’s random source could not be verified. It was refused.",
  },
  bad_welcome: {
    title: "A false invitation to a conversation",
    meaning: "It did not come from a device that may invite you. It was refused.",
  },
  bad_certificate: {
    title: "A device with a false certificate",
    meaning: "Its owner never signed it. It was refused.",
  },
  forged_request: {
    title: "Somebody asked for keys in another’s name",
    meaning: "A browser was said to have lost its keys, and never signed that. Nothing was changed.",
  },
  forged_join: {
    title: "Somebody was to come in by a link that they do not hold",
    meaning: "Nobody who has the link asked for that. They were not let in.",
  },
  false_generation: {
    title: "This conversation was begun anew without a reason",
    meaning:
      "Somebody replaced all of its keys, and nothing that this browser can check called for it. It was not followed.",
  },
  old_device_key: {
    title: "An old key of a browser",
    meaning:
      "Browsers replace the key that fresh randomness is sent to every week. The server showed, or let somebody use, one that had been replaced.",
  },
  device_list_forked: {
    title: "Two lists of devices for one person",
    meaning: "The server showed different lists under the same number.",
  },
  device_list_rolled_back: {
    title: "An old list of devices",
    meaning: "The server showed a list older than one seen before.",
  },
  list_withheld: {
    title: "A list of somebody’s browsers is missing",
    meaning:
      "A change of keys names a browser that no signed list of its owner confirms, so nothing that follows can be read here, and nothing is sent. It goes on by itself when the list comes. If it does not, begin anew with the people you trust.",
  },
  pins_rolled_back: {
    title: "An old record of whom you trust",
    meaning: "The server returned an older copy than this browser has seen.",
  },
  server_name_changed: {
    title: "The server changed its name",
    meaning: "It may be another server at the same address.",
  },
  notary_key_changed: {
    title: "The server’s signing key changed without notice",
    meaning: "A new key must be signed by the old one. This one is not, and is not accepted.",
  },
  closed_by_server: {
    title: "Closed by the server",
    meaning: "Nobody who may do that ended this conversation.",
  },
};

export const findingWords = (finding: Finding): FindingWords => WORDS[finding.kind];

export const findingTitle = (kind: FindingKind): string => WORDS[kind].title;

/** In whose name it came, as far as the server says: "your", "bob’s". */
export const fromWhom = (names: readonly string[]): string => `It came in ${names.join(" and ")} name.`;

/** What to do about any of them. */
export const FINDING_ADVICE =
  "Your keys are safe. Tell the people who run this server, and ask those you write with in another way.";
