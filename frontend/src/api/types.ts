/** Names for the shapes of app_service's OpenAPI document that the client speaks of. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Id = string;
export type Peer = Schemas["Peer"];
export type User = Schemas["UserSummary"];
export type SignedIn = Schemas["SignedIn"];
export type Session = Schemas["SessionView"];
export type Room = Schemas["RoomView"];
export type Join = Schemas["JoinView"];
export type ConnectionRequest = Schemas["PendingRequest"];
export type Connection = Schemas["ConnectionItem"];
export type PoolState = Schemas["PoolState"];
export type SourceState = Schemas["SourceState"];
export type Bb84Request = Required<Schemas["Bb84Request"]>;
export type RawSample = Schemas["RawSample"];
export type Bb84Event = Schemas["Bb84Event"];
export type Bb84Result = Schemas["Bb84Result"];
export type Photon = Schemas["Photon"];
export type Row = Schemas["LogRow"];
export type Ack = Schemas["Acknowledgement"];
