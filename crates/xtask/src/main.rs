//! The project's own commands: `cargo xtask COMMAND`. Standard library only, so the first word comes within seconds.

mod accounts;
mod bench;
mod demo;
mod generate;
mod install;
mod postgres;
mod process;
mod test;
mod totp;
mod wasm;
mod web;

use std::path::PathBuf;
use std::process::ExitCode;

use process::{Failure, say, supervise};

const USAGE: &str = "\
cargo xtask COMMAND

  demo [--port N] [--reset] [--ready-file PATH] [--temporary]
                                                  build, start and seed a practice to try out
  test [--quick] [--only rust|web|browser] [--allow-missing-browser]
                                                  everything that must hold
  dev [--port N]                                  the demo with the web client reloading as it changes
  bench [NAME] [--json PATH]                      measure
  fuzz [TARGET]                                   feed parsers nonsense
  generate [wasm]                                 write the generated files anew
  verify-client                                   rebuild the web client and compare bytes
  totp EMAIL                                      the current code of a demo account
  postgres [--background | --stop]                the tests' private Postgres, for engineers";

/// How the supervising shell marks the run below it.
const SUPERVISED: &str = "--supervised=";

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let stop_file = arguments.first().and_then(|first| first.strip_prefix(SUPERVISED)).map(PathBuf::from);
    if stop_file.is_some() {
        arguments.remove(0);
    }
    match run(&arguments, stop_file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if process::stopping() => ExitCode::from(130),
        Err(Failure(told)) => {
            if !told.is_empty() {
                eprintln!("xtask: {told}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String], stop_file: Option<PathBuf>) -> Result<(), Failure> {
    let Some((command, rest)) = arguments.split_first() else {
        say(USAGE);
        return Ok(());
    };
    let starts_others: fn(&[String]) -> Result<(), Failure> = match command.as_str() {
        "help" | "--help" | "-h" => {
            say(USAGE);
            return Ok(());
        }
        "totp" => return accounts::command(rest),
        "demo" => demo::command,
        "dev" => demo::dev,
        "test" => test::command,
        "bench" => bench::command,
        "fuzz" => bench::fuzz,
        "generate" => generate::command,
        "verify-client" => generate::verify_client,
        "postgres" => postgres::command,
        unknown => return Err(Failure(format!("no command `{unknown}`\n\n{USAGE}"))),
    };
    supervise(stop_file)?;
    starts_others(rest)
}
