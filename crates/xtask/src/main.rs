//! The project's own commands: `cargo xtask COMMAND`. Standard library only, so the first word comes within seconds.

mod install;
mod postgres;
mod process;
mod tool;
mod totp;

use std::process::ExitCode;

use process::{Failure, say, supervise};

const USAGE: &str = "\
cargo xtask COMMAND

  demo [--port N] [--reset] [--ready-file PATH]   build, start and seed a practice to try out
  test [--quick] [--only rust|web|browser] [--allow-missing-browser]
                                                  everything that must hold
  dev [--port N]                                  the demo with the web client reloading as it changes
  bench [NAME] [--json PATH]                      measure
  fuzz [TARGET]                                   feed parsers nonsense
  generate [wasm]                                 write the generated files anew
  verify-client                                   rebuild the web client and compare bytes
  totp EMAIL                                      the current code of a demo account
  postgres [--background | --stop]                the tests' private Postgres, for engineers";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if process::stopping() => ExitCode::from(130),
        Err(Failure(told)) => {
            eprintln!("xtask: {told}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let Some((command, rest)) = arguments.split_first() else {
        say(USAGE);
        return Ok(());
    };
    match command.as_str() {
        "help" | "--help" | "-h" => say(USAGE),
        "postgres" => {
            supervise()?;
            postgres::command(rest)?;
        }
        unknown => return Err(Failure(format!("no command `{unknown}`\n\n{USAGE}"))),
    }
    Ok(())
}
