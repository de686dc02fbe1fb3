/** What the generated `paths` say of one call: its parameters, its body, its answer. */
import type { paths } from "./schema";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that have this method: openapi-typescript writes the others as `get?: never`. */
export type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, infer O> ? (O extends object ? P : never) : never;
}[keyof paths];

export type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;

type Json<T> = T extends { content: { "application/json": infer B } } ? B : undefined;

export type Answer<O> = O extends { responses: infer R } ? Json<R[Extract<keyof R, 200 | 201 | 202 | 204>]> : never;

type PathParameters<O> = O extends { parameters: { path: infer V extends object } } ? { path: V } : { path?: never };
type Query<O> = O extends { parameters: { query?: infer V } } ? { query?: NonNullable<V> } : { query?: never };
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } }
  ? { body: B }
  : O extends { requestBody?: { content: { "application/json": infer B } } }
    ? { body?: B }
    : { body?: never };

export type Options<O> = PathParameters<O> & Query<O> & Body<O> & { headers?: Readonly<Record<string, string>> };
