// Unpacks the browser and its libraries into the folder that TMPDIR names; prints the program.

import chromium from "@sparticuz/chromium";

console.log(await chromium.executablePath());
