/** What a name and a topic may hold (docs/crypto.md, *Rooms*). */
export const MAX_NAME = 80;
export const MAX_TOPIC = 300;
