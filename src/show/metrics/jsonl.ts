/** The run's events, one per line, readable by `etude replay`. */

import { eventToLine } from "../../events/wire.ts";
import { type OpenExporter, textExporter } from "./exporter.ts";

export const openJsonl: OpenExporter = ({ path }) => textExporter(path, eventToLine);
