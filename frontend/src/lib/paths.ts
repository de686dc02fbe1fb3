/** Every address of the client, in one place: the address bar is the state. */
export const paths = {
  home: "/",
  signIn: "/sign-in",
  register: "/register",
  recover: "/recover",
  people: "/people",
  account: "/account",
  quantum: "/quantum",
  keys: "/keys",
  conversation: (id: string) => `/c/${id}`,
  details: (id: string) => `/c/${id}/details`,
  message: (conversationId: string, messageId: string) => `/c/${conversationId}?message=${messageId}`,
  /** The same with the details open. */
  messageBeside: (conversationId: string, messageId: string) => `/c/${conversationId}/details?message=${messageId}`,
};

/** Where to go after signing in; only ever a path of this client. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/u.test(next) ? next : paths.home;
}
