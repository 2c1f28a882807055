//! The group's WebAssembly: how `web/src/e2ee/wasm` is made from `crates/e2ee`, and the proof that it was.
//!
//! The files are checked in, so that nobody needs this toolchain but who changes the crate. **Same sources, same bytes:**
//! every tool is pinned, every path is remapped, and `verify` builds it all again elsewhere and compares. An ordinary
//! test (below) fails for everybody as soon as the sources move on without it.
//!
//! Rustup has no wasm32 target where there is only Debian: its `rustc-web` with the standard library built from
//! `rust-web-src` does the same.

mod inputs;
pub(crate) mod sha256;

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::tool::Tool;
use crate::process::{Failure, failure, root, say, work_folder};

/// Where the made files live.
const FOLDER: &str = "web/src/e2ee/wasm";
const MODULE: &str = "curtain_e2ee_bg.wasm";
const GLUE: &str = "curtain_e2ee.js";
const TYPES: &str = "curtain_e2ee.d.ts";
const GLUE_HEADER: &str =
    "// Loads the group's WebAssembly. Made by `cargo xtask generate wasm` from crates/e2ee: do not edit.\n";

/// The compiler that the checked-in bytes came from. Another one gives other bytes: change both together.
const RUSTC: &str = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)";
const RUSTC_SOURCES: &str = "/usr/src/rustc-1.96.0";
const LINKER: &str = "Debian LLD 19.1.7";
/// Must equal the `wasm-bindgen` crate in Cargo.lock.
const BINDGEN: &str = "wasm-bindgen 0.2.130";
const OPTIMISER: &str = "wasm-opt version 132";
/// Debian's own binaryen (108) writes a module that Chromium refuses.
const OPTIMISER_PACKAGE: &str = "binaryen@132.0.0";

/// Size first, but nothing inlined: plain `-Oz` makes the file smaller and its compressed form larger.
const OPTIMISE: [&str; 12] = [
    "-Oz",
    "--one-caller-inline-max-function-size=0",
    "--always-inline-max-function-size=0",
    "--flexible-inline-max-function-size=0",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--strip-debug",
    "--strip-producers",
];

/// People wait for this in the lobby: module and glue, compressed by brotli.
const BUDGET: usize = 200_000;

/// `cargo xtask generate wasm`: writes the folder anew.
pub(crate) fn generate() -> Result<(), Failure> {
    let folder = root().join(FOLDER);
    for (name, bytes) in make("wasm")? {
        fs::write(folder.join(name), bytes).map_err(|e| failure(name, e))?;
        say(format!("wrote {FOLDER}/{name}"));
    }
    Ok(())
}

/// Part of `cargo xtask verify-client`: builds it again and compares each byte.
pub(crate) fn verify() -> Result<(), Failure> {
    for (name, bytes) in make("wasm-verify")? {
        if fs::read(root().join(FOLDER).join(name)).ok().as_ref() != Some(&bytes) {
            return Err(Failure(format!("{FOLDER}/{name} is not what its sources make of it")));
        }
    }
    say(format!("{FOLDER}: rebuilt, every byte is the same"));
    Ok(())
}

type Made = Vec<(&'static str, Vec<u8>)>;

fn make(folder: &str) -> Result<Made, Failure> {
    let optimiser = check_tools()?;
    let work = work_folder()?.join(folder);
    let compiled = compile(&work)?;
    let (module, glue) = bind(&work, &compiled, &optimiser)?;
    let types = fs::read(root().join("crates/e2ee").join(TYPES)).map_err(|e| failure(TYPES, e))?;
    if contains(&module, root().as_os_str().as_encoded_bytes()) || contains(&module, b"/.cargo/") {
        return Err(Failure("the module holds a path of this machine".into()));
    }
    weigh(&work, &module, &glue)?;
    let mut made = vec![(MODULE, module), (GLUE, glue.into_bytes()), (TYPES, types)];
    let sum = |(name, bytes): &(&str, Vec<u8>)| [&sha256::hex(bytes), "  ", name, "\n"].concat();
    let sums: String = made.iter().map(sum).collect();
    made.push(("SHA256SUMS", sums.into_bytes()));
    made.push(("INPUTS", inputs::read(&root())?.into_bytes()));
    Ok(made)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Each tool in its exact version, or the one line that brings it.
fn check_tools() -> Result<PathBuf, Failure> {
    let debian = "apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-19";
    expect("/usr/bin/rustc", RUSTC, debian)?;
    expect("wasm-ld-19", LINKER, debian)?;
    expect("wasm-bindgen", BINDGEN, "cargo install wasm-bindgen-cli --version 0.2.130")?;
    let prefix = work_folder()?.join("binaryen");
    let program = prefix.join("node_modules/.bin/wasm-opt");
    if !program.is_file() {
        let here = prefix.display().to_string();
        let arguments =
            ["install", "--prefix", &here, "--no-audit", "--no-fund", "--loglevel=error", OPTIMISER_PACKAGE];
        Tool::new("npm", &arguments).logged("npm-binaryen")?;
    }
    expect(&program.display().to_string(), OPTIMISER, "npm install binaryen@132.0.0")?;
    Ok(program)
}

fn expect(program: &str, version: &str, remedy: &str) -> Result<(), Failure> {
    let told = Tool::new(program, &["--version"]).output().unwrap_or_default();
    if told.lines().next().is_some_and(|line| line.starts_with(version)) {
        return Ok(());
    }
    let found = told.lines().next().unwrap_or("nothing");
    Err(Failure(format!("`{version}` is needed, found {found}; run: {remedy}")))
}

/// Compiles the crate with its own standard library. No panic text, no `Debug` text, no path of this machine.
fn compile(work: &Path) -> Result<PathBuf, Failure> {
    say("compiling crates/e2ee for WebAssembly (a minute or two)");
    let home =
        std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")));
    let home = home.map_err(|_| Failure("neither CARGO_HOME nor HOME is set".into()))?;
    let flags = [
        format!("--remap-path-prefix={}=/b", root().display()),
        format!("--remap-path-prefix={home}=/c"),
        "--remap-path-prefix=/usr/lib/rustlib/src/rust=/r".into(),
        format!("--remap-path-prefix={RUSTC_SOURCES}=/r"),
        "-Zlocation-detail=none".into(),
        "-Zfmt-debug=none".into(),
        "-Zunstable-options".into(),
        "-Cpanic=immediate-abort".into(),
    ];
    let target = work.display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    Tool::new(
        "/usr/bin/cargo",
        &[
            "rustc",
            "--package",
            "curtain-e2ee",
            "--lib",
            "--crate-type",
            "cdylib",
            "--profile",
            "wasm",
            "--locked",
            "--target",
            "wasm32-unknown-unknown",
            "--target-dir",
            &target,
            "-Zbuild-std=std,panic_abort",
            "-Zbuild-std-features=optimize_for_size",
        ],
    )
    // Debian's compiler before rustup's, for this one command only.
    .env("PATH", format!("/usr/bin:{path}"))
    .env("RUSTC", "/usr/bin/rustc")
    .env("RUSTC_WRAPPER", "")
    .env("RUSTC_BOOTSTRAP", "1")
    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19")
    .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
    .logged("wasm-compile")?;
    Ok(work.join("wasm32-unknown-unknown/wasm/curtain_e2ee.wasm"))
}

/// Makes the glue, takes its one snippet in, and squeezes the module.
fn bind(work: &Path, compiled: &Path, optimiser: &Path) -> Result<(Vec<u8>, String), Failure> {
    let out = work.join("bound");
    drop(fs::remove_dir_all(&out));
    let (from, to) = (compiled.display().to_string(), out.display().to_string());
    Tool::new("wasm-bindgen", &[&from, "--target", "web", "--no-typescript", "--out-dir", &to])
        .logged("wasm-bindgen")?;
    let glue = fs::read_to_string(out.join(GLUE)).map_err(|e| failure(GLUE, e))?;
    let glue = inline_snippets(&glue, &|path| fs::read_to_string(out.join(path)).ok())?;
    let (raw, small) = (out.join(MODULE).display().to_string(), out.join("small.wasm"));
    let small_name = small.display().to_string();
    let mut arguments = OPTIMISE.to_vec();
    arguments.extend([raw.as_str(), "-o", &small_name]);
    Tool::new(optimiser, &arguments).logged("wasm-opt")?;
    Ok((fs::read(&small).map_err(|e| failure(&small_name, e))?, glue))
}

/// `import * as NAME from "./snippets/…"` becomes an object with the snippet's functions: one file less to load, and
/// the folder stays flat.
fn inline_snippets(glue: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<String, Failure> {
    let mut text = String::from(GLUE_HEADER);
    for line in glue.lines() {
        let import = line
            .strip_prefix("import * as ")
            .and_then(|rest| rest.trim_end_matches(';').split_once(" from "));
        let Some((name, path)) = import else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        let snippet = read(path.trim_matches('"')).ok_or_else(|| Failure(format!("no snippet {path}")))?;
        let functions = snippet.lines().filter_map(|line| line.trim().strip_prefix("export function "));
        let names: Vec<&str> = functions.filter_map(|rest| rest.split('(').next()).collect();
        let body = snippet.trim().replace("export function ", "function ");
        if names.is_empty() || body.contains("export ") {
            return Err(Failure(format!("{path} exports more than functions")));
        }
        let names = names.join(", ");
        text += &["const ", name, " = (() => {\n", &body, "\nreturn { ", &names, " };\n})();\n"].concat();
    }
    Ok(text)
}

/// Says how large it is on the way to a browser, and fails above the budget.
fn weigh(work: &Path, module: &[u8], glue: &str) -> Result<(), Failure> {
    let (one, two) = (work.join("bound/weigh.wasm"), work.join("bound/weigh.js"));
    fs::write(&one, module)?;
    fs::write(&two, glue)?;
    let script = "const z = require('zlib'), f = require('fs'); for (const p of process.argv.slice(1)) { \
        const b = f.readFileSync(p); console.log(b.length, z.gzipSync(b, { level: 9 }).length, \
        z.brotliCompressSync(b, { params: { [z.constants.BROTLI_PARAM_QUALITY]: 11 } }).length); }";
    let (one, two) = (one.display().to_string(), two.display().to_string());
    let told = Tool::new("node", &["-e", script, &one, &two]).output()?;
    for (name, line) in [MODULE, GLUE].iter().zip(told.lines()) {
        say(format!("{name}: raw, gzip, brotli bytes {line}"));
    }
    let brotli: usize = told.lines().filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum();
    if brotli > BUDGET {
        return Err(Failure(format!("{brotli} bytes compressed; people wait for at most {BUDGET}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_module_is_made_from_these_sources() {
        let made = fs::read_to_string(root().join(FOLDER).join("INPUTS")).unwrap_or_default();
        let now = inputs::read(&root()).unwrap();
        assert!(
            made == now,
            "{FOLDER} is stale, run `cargo xtask generate wasm`\nmade from:\n{made}now:\n{now}"
        );
    }

    #[test]
    fn the_checked_in_files_are_the_ones_that_were_made_together() {
        let sums = fs::read_to_string(root().join(FOLDER).join("SHA256SUMS")).unwrap();
        let names: Vec<&str> =
            sums.lines().filter_map(|line| line.split_once("  ")).map(|(_, name)| name).collect();
        assert_eq!(names, [MODULE, GLUE, TYPES]);
        for (sum, name) in sums.lines().filter_map(|line| line.split_once("  ")) {
            let bytes = fs::read(root().join(FOLDER).join(name)).unwrap();
            assert_eq!(sha256::hex(&bytes), sum, "{name}: run `cargo xtask generate wasm`");
        }
    }

    #[test]
    fn a_snippet_becomes_part_of_the_glue() {
        let glue = "import * as import1 from \"./snippets/a/inline0.js\"\nuse(import1);\n";
        let snippet = "\nexport function date_now() {\n  return Date.now();\n}";
        let made = inline_snippets(glue, &|path| (path == "./snippets/a/inline0.js").then(|| snippet.into()))
            .unwrap();
        let expected = "const import1 = (() => {\nfunction date_now() {\n  return Date.now();\n}\nreturn { date_now };\n})();\nuse(import1);\n";
        assert_eq!(made, format!("{GLUE_HEADER}{expected}"));
        assert!(inline_snippets(glue, &|_| Some("export const a = 1;".into())).is_err());
        assert!(inline_snippets(glue, &|_| None).is_err());
    }
}
