/** Lets whoever drives the browser measure in it. */

import { cryptoFigures } from "./figures";

Object.assign(globalThis, { cryptoFigures });
