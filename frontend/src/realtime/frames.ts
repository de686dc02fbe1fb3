/** The frames of docs/events.md, as app_service's models have them. */
import type { components } from "../api/schema";

export type ClientFrame = components["schemas"]["ClientFrame"];
export type ServerFrame = components["schemas"]["ServerFrame"];

/** The numbered ones. */
export type EventFrame = Extract<ServerFrame, { cursor: number }>;
