//! How this workspace is built, for every command that needs all of it.

use std::io::IsTerminal;

use super::Failure;
use super::tool::Tool;

/// What `test`, `bench` and `generate` share: with the same features nothing is built twice.
pub(crate) fn build_everything() -> Result<(), Failure> {
    compile(&["build", "--workspace", "--all-targets"])
}

/// Somebody who watches sees cargo's progress bar; a log is spared its five hundred lines.
pub(crate) fn compile(arguments: &[&str]) -> Result<(), Failure> {
    cargo(arguments).env("CARGO_TERM_QUIET", (!std::io::stderr().is_terminal()).to_string()).shown()
}

/// Never asks and never paints.
pub(crate) fn cargo(arguments: &[&str]) -> Tool {
    Tool::new("cargo", arguments).env("CI", "true")
}
