/** The worker's side of the boundary. */

import { expose } from "comlink";
import { createCrypto } from "./protocol";

expose(createCrypto());
