import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

/** Keeps the normal priority for trainers: at low priority they would hardly run beside other tests. */
os.setPriority = () => {};
syncBuiltinESMExports();
