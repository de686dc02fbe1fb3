/** What the largest padded message holds, with room for what stands around the text. */
export const MAX_TEXT_BYTES = 65_000;
