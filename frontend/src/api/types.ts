/** Names for the shapes of app_service's OpenAPI document that the client speaks of. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Id = string;
export type Peer = Schemas["Peer"];
export type User = Schemas["UserSummary"];
export type SignedIn = Schemas["SignedIn"];
export type Session = Schemas["SessionView"];
export type Room = Schemas["RoomView"];
export type ConnectionRequest = Schemas["PendingRequest"];
export type Connection = Schemas["ConnectionItem"];
export type Row = Schemas["LogRow"];
export type Ack = Schemas["Acknowledgement"];
