//! Generated files: written by `cargo xtask generate`, proven fresh by `cargo xtask test`.
//!
//! Each comes from one source: the wire's TypeScript and the OpenAPI document from our own binaries, the API's TypeScript
//! from the OpenAPI document.

use std::fs;
use std::path::Path;

use crate::process::cargo::build_everything;
use crate::process::tool::Tool;
use crate::process::{Failure, built, failure, root, say, work_folder};
use crate::{wasm, web};

const PROTOCOL: &str = "web/src/signalling/protocol.gen.ts";
const OPENAPI: &str = "docs/api/openapi.json";
const SCHEMA: &str = "web/src/api/schema.gen.ts";

/// `cargo xtask generate [wasm]`
pub(crate) fn command(arguments: &[String]) -> Result<(), Failure> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            build_everything()?;
            for (file, text) in make()? {
                write(&root().join(file), &text)?;
                say(format!("wrote {file}"));
            }
            Ok(())
        }
        ["wasm"] => wasm::generate(),
        _ => Err(Failure("usage: cargo xtask generate [wasm]".into())),
    }
}

/// Fails when a checked-in file is not what its source makes of it. Wants the workspace built.
pub(crate) fn check() -> Result<(), Failure> {
    let mut stale = Vec::new();
    for (file, text) in make()? {
        if fs::read_to_string(root().join(file)).ok().as_deref() != Some(&text) {
            stale.push(file);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure(format!("stale: {}; run `cargo xtask generate`", stale.join(", "))))
}

/// `cargo xtask verify-client`: the WebAssembly from its sources, then the client that carries it.
pub(crate) fn verify_client(_: &[String]) -> Result<(), Failure> {
    wasm::verify()?;
    web::verify()
}

fn make() -> Result<Vec<(&'static str, String)>, Failure> {
    let protocol = Tool::new(built("examples/typescript")?, &[]).output()?;
    let openapi = Tool::new(built("curtain")?, &["openapi"]).output()?;
    let schema = schema_of(&openapi)?;
    Ok(vec![(PROTOCOL, protocol), (OPENAPI, openapi), (SCHEMA, schema)])
}

fn schema_of(openapi: &str) -> Result<String, Failure> {
    web::packages("web")?;
    let folder = work_folder()?;
    let (from, to) = (folder.join("openapi.json"), folder.join("schema.gen.ts"));
    write(&from, openapi)?;
    let (from, to_name) = (from.display().to_string(), to.display().to_string());
    let program = root().join("web/node_modules/.bin/openapi-typescript");
    Tool::new(program, &[&from, "-o", &to_name]).folder(&root().join("web")).logged("openapi-typescript")?;
    fs::read_to_string(&to).map_err(|e| failure(to.display(), e))
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).and_then(|()| fs::write(file, text)).map_err(|e| failure(file.display(), e))
}
