// node run.js ADDRESS SESSION: prints what the sample was told, as JSON.
import { tell } from "./sample.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [, , address, session] = process.argv;
process.stdout.write(JSON.stringify(await tell(address ?? "", session ?? "")));
