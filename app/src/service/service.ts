// The service's HTTP contract. Paths, bodies and answers have the types of its OpenAPI document.

import type { components, paths } from "../../generated/schema";
import { aborted, isAbort, Problem, problemOf, UNREACHABLE } from "./problem";

type Schemas = components["schemas"];
export type Batch = Schemas["Batch"];
export type Photo = Schemas["Photo"];
export type Preset = Schemas["Preset"];
export type PreviewItem = Schemas["PreviewItem"];
export type PreviewPicture = Schemas["PreviewPicture"];
export type SliderGroup = Schemas["SliderGroup"];
export type ProgressMessage = Schemas["ProgressMessage"];
export type Upload = Schemas["Upload"];

type Methods = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Methods> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths];
type JsonOf<R> = R extends { content: { "application/json": infer Body } } ? Body : never;
type Answer<Operation> = Operation extends { responses: infer R } ? { [S in keyof R & (200 | 201 | 202)]: JsonOf<R[S]> }[keyof R & (200 | 201 | 202)] : never;

type Query = Record<string, string | number | null | undefined>;

interface Options {
  path?: Record<string, string | number>;
  query?: Query;
  json?: object;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Where the service is, and who asks. Without keys the user is this phone; with a key the key says it. */
export interface Account {
  address: string; // https://photos.example, no slash at the end
  key: string;
  user: string;
}

export interface Picture {
  uri: string;
  headers?: Record<string, string>;
}

export class Service {
  constructor(readonly account: Account) {}

  /** Ask the service; returns what it says. Raises Problem, and AbortError for an aborted signal. */
  async ask<M extends Methods, P extends PathsWith<M>>(method: M, route: P, options: Options = {}): Promise<Answer<paths[P][M]>> {
    const answer = await this.send(method, filled(route, options.path ?? {}), options);
    if (answer.status === 204) return undefined as Answer<paths[P][M]>;
    try {
      return await answer.json();
    } catch (error) {
      throw isAbort(error) ? error : new Problem(UNREACHABLE, ""); // it broke off in the middle
    }
  }

  /** Send a request; returns its successful answer. Raises Problem, AbortError. */
  async send(method: string, path: string, { query = {}, json, headers = {}, signal }: Options = {}): Promise<Response> {
    if (signal?.aborted) throw aborted();
    let answer: Response;
    try {
      answer = await fetch(this.url(path, query), {
        method: method.toUpperCase(),
        headers: { ...this.headers, ...(json ? { "Content-Type": "application/json" } : {}), ...headers },
        body: json ? JSON.stringify(json) : undefined,
        signal,
      });
    } catch (error) {
      throw signal?.aborted || isAbort(error) ? aborted() : new Problem(UNREACHABLE, "");
    }
    if (answer.ok) return answer;
    throw problemOf(answer.status, await answer.text().catch(() => ""), answer.headers.get("Retry-After"));
  }

  /** Return a small JPEG for each look of an uploaded photo. Raises Problem, AbortError. */
  async previews(source: string, items: PreviewItem[], maxSide: number, signal?: AbortSignal): Promise<PreviewPicture[]> {
    const json = { source, items, max_side: maxSide };
    return (await this.ask("post", "/api/v1/presets/preview", { query: this.owner, json, signal })).items;
  }

  url(path: string, query: Query = {}): string {
    const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
    const search = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&");
    return `${this.account.address}${path}${search && `?${search}`}`;
  }

  /** A picture of the service's: it needs the key too. */
  picture(path: string): Picture {
    return this.account.key ? { uri: this.url(path), headers: this.headers } : { uri: this.url(path) };
  }

  get headers(): Record<string, string> {
    return this.account.key ? { Authorization: `Bearer ${this.account.key}` } : {};
  }

  /** Whose things these are, where a request says it. */
  get owner(): { user_id?: string } {
    return this.account.key ? {} : { user_id: this.account.user };
  }

  /** A WebSocket of the service's; a key travels as a subprotocol. */
  socket(path: string, query: Query): WebSocket {
    const protocols = this.account.key ? ["photobatch", `photobatch.key.${this.account.key}`] : [];
    return new WebSocket(this.url(path, query).replace(/^http/, "ws"), protocols);
  }
}

function filled(route: string, values: Record<string, string | number>): string {
  return route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
}
