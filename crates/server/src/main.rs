//! The `curtain` binary: reads its settings, wires the crates together, runs one command.

mod command;
mod config;
mod demo;
mod keys;
mod listener;
mod mail;
mod shutdown;
mod telemetry;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::Level;

use crate::telemetry::LogFormat;

/// Curtain: private video consultations on your own server.
#[derive(Parser)]
#[command(name = "curtain", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How the log on standard error is written.
    #[arg(long, env = "CURTAIN_LOG_FORMAT", value_enum, default_value = "pretty", global = true)]
    log_format: LogFormat,
    /// How much of it: error, warn, info, debug or trace.
    #[arg(long, env = "CURTAIN_LOG_LEVEL", default_value = "info", global = true)]
    log_level: Level,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the practice.
    Serve(Box<config::ServeArgs>),
    /// Brings the database to this version.
    Migrate(config::DatabaseArgs),
    /// Prints a link with which a first administrator sets a password.
    CreateAdmin(command::create_admin::CreateAdminArgs),
    /// Approves a reset of somebody's password and second factor that an administrator asked for; prints the link.
    ApproveReset(command::approve_reset::ApproveResetArgs),
    /// Looks whether everything that is needed is there.
    Doctor(command::doctor::DoctorArgs),
    /// Looks after the audit log.
    #[command(subcommand)]
    Audit(command::audit::AuditCommand),
    /// Prints the HTTP interface as an OpenAPI document.
    Openapi,
    /// Prints the accounts of the demo practice.
    DemoAccounts(command::demo_accounts::DemoAccountsArgs),
}

fn main() -> ExitCode {
    let Cli { command, log_format, log_level } = Cli::parse();
    telemetry::start(log_format, log_level);
    let outcome = match command {
        Command::Serve(args) => command::serve::run(&args),
        Command::Migrate(args) => command::migrate::run(&args),
        Command::CreateAdmin(args) => command::create_admin::run(&args),
        Command::ApproveReset(args) => command::approve_reset::run(&args),
        Command::Doctor(args) => command::doctor::run(&args),
        Command::Audit(audit) => command::audit::run(&audit),
        Command::Openapi => command::print(&curtain_api::document()),
        Command::DemoAccounts(args) => command::demo_accounts::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command::complain(&error);
            ExitCode::FAILURE
        }
    }
}
