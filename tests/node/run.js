"use strict";
// Runs everything here against a server of its own: node run.js [HEFUD], or with the path in the environment as HEFUD.
// The packages of package.json are used from node_modules here, if they are there in those versions; otherwise they are
// installed below HEFU_NODE_CACHE, once for each state of that file.
const { execFileSync, spawn } = require("node:child_process");
const crypto = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const manifest = fs.readFileSync(path.join(__dirname, "package.json"));
const { dependencies } = JSON.parse(manifest);

/** Whether a node_modules folder holds every package as pinned. */
function complete(modules) {
  return Object.entries(dependencies).every(([name, pinned]) => {
    const file = path.join(modules, name, "package.json");
    return fs.existsSync(file) && JSON.parse(fs.readFileSync(file)).version === pinned.split("@").at(-1);
  });
}

/** A node_modules folder that does. */
function packages() {
  const here = path.join(__dirname, "node_modules");
  if (complete(here)) return here;
  const cache = process.env.HEFU_NODE_CACHE || path.join(os.tmpdir(), "hefu-node-tests");
  const folder = path.join(cache, crypto.createHash("sha256").update(manifest).digest("hex").slice(0, 16));
  const modules = path.join(folder, "node_modules");
  if (!complete(modules)) {
    console.log(`installing the packages of package.json into ${folder}`);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "package.json"), manifest);
    execFileSync("npm", ["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
      { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    if (!complete(modules)) throw new Error(`npm did not install what package.json names into ${folder}`);
  }
  return modules;
}

/** The address from the server's first line; it must come within half a minute. */
function listening(server) {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`hefud serve said nothing but ${JSON.stringify(text)}`)), 30_000);
    const settle = (then, what) => { clearTimeout(timer); then(what); };
    server.on("error", (error) => settle(reject, error));
    server.on("exit", (code) => settle(reject, new Error(`hefud serve exited with ${code}`)));
    server.stdout.on("data", (data) => {
      text += data;
      const line = /^listening on (\S+)\n/.exec(text);
      if (line) settle(resolve, line[1]);
    });
  });
}

/** Ends a child that this process started, and waits until it is gone. */
function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    child.on("exit", () => { clearTimeout(timer); resolve(); });
    child.kill("SIGTERM");
  });
}

function script(children, env, name, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(__dirname, name), ...args], { env, stdio: "inherit" });
    children.push(child);
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${name} exited with ${code}`))));
  });
}

async function everything(hefud, folder, children) {
  const env = { ...process.env, NODE_PATH: packages() };
  console.log("== canonical.js: what protobuf.js writes");
  await script(children, env, "canonical.js");
  const data = path.join(folder, "ledger");
  execFileSync(hefud, ["init", "--data", data, "--origin", "example.org/node-client", "--title-en", "Test"],
    { stdio: "pipe" });
  const log = fs.openSync(path.join(folder, "log"), "w");
  const server = spawn(hefud, ["serve", "--data", data, "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", log] });
  children.push(server);
  const address = await listening(server);
  console.log(`== client.js: a client against hefud at ${address}`);
  await script(children, env, "client.js", address, path.join(data, "keys", "office-1.pem"));
}

async function main() {
  const hefud = process.argv[2] || process.env.HEFUD;
  if (!hefud) throw new Error("where is hefud? Give its path as the argument or in the environment as HEFUD.");
  const interrupted = new Promise((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => reject(new Error(signal)));
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hefu-node-"));
  const children = [];
  try {
    await Promise.race([everything(hefud, folder, children), interrupted]);
  } finally {
    await Promise.all(children.map(stop));
    fs.rmSync(folder, { recursive: true, force: true });
  }
  console.log("all passed");
}

main().then(() => process.exit(0), (error) => {
  console.error(`FAILED  ${error.message}`);
  process.exit(1);
});
