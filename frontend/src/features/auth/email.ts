/** Enough to catch a slip; the server has the last word. */
export const isEmail = (typed: string) => /^\S+@\S+$/u.test(typed.trim());

export const NO_EMAIL = "An address like name@example.org.";
